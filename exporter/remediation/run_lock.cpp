#include "exporter/remediation/run_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "exporter/remediation/state_dir.h"

namespace motoko::remediation {
namespace {

using base::Result;
using base::UniqueFd;

// A second descriptor of the file in the process that holds the lock would release it when it is closed, so that
// process must not even open it. A PID and not a flag: a forked child holds nothing.
std::atomic<pid_t> holder_in_this_program = 0;

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// The lock file, owned by this user. Its own descriptor, and never one of a file that somebody linked here.
Result<UniqueFd> open_lock_file(const std::string& path) {
  constexpr mode_t kMode = 0600;
  // The owner of the directory may put another file here again and again; a few times is an accident.
  constexpr int kMaxReplacements = 3;
  for (int i = 0; i <= kMaxReplacements; ++i) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kMode));
    struct stat status {};
    if (fd.valid() && ::fstat(fd.get(), &status) != 0) return state_dir_error(errno, "open " + path);
    if (fd.valid() && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() && status.st_nlink == 1) return fd;
    if (!fd.valid() && (errno != ELOOP || ::geteuid() != 0)) return state_dir_error(errno, "open " + path);
    // Whoever holds another user's file is not root, and so changes nothing: it need not be waited for.
    if (::geteuid() != 0) return base::errno_error(EPERM, path + " belongs to another user");
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return state_dir_error(errno, "replace " + path);
  }
  return base::errno_error(EPERM, path + " is replaced again and again by the owner of its directory");
}

bool is_still_there(const UniqueFd& fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd.get(), &opened) == 0 && ::lstat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

LockHeld held_by(const UniqueFd& fd) {
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(fd.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || lock.l_pid <= 0) return {};
  return {lock.l_pid};
}

}  // namespace

Result<LockAttempt> RunLock::acquire(const std::string& state_dir) {
  if (holder_in_this_program == ::getpid()) return LockHeld{::getpid()};
  const auto directory = prepare_state_dir(state_dir);
  if (!directory) return base::with_context(directory.error(), "lock the fix");
  const std::string path = *directory + "/lock";
  constexpr int kMaxAttempts = 3;
  for (int i = 0; i < kMaxAttempts; ++i) {
    auto fd = open_lock_file(path);
    if (!fd) return base::with_context(fd.error(), "lock the fix");
    struct flock lock = whole_file(F_WRLCK);
    if (::fcntl(fd->get(), F_SETLK, &lock) != 0) {
      if (errno == EACCES || errno == EAGAIN) return held_by(*fd);
      return state_dir_error(errno, "lock " + path);
    }
    if (!is_still_there(*fd, path)) continue;  // removed in between: others would lock another file
    holder_in_this_program = ::getpid();
    return RunLock(std::move(*fd));
  }
  return base::errno_error(EAGAIN, path + " is removed again and again");
}

RunLock::~RunLock() {
  if (fd_.valid() && holder_in_this_program == ::getpid()) holder_in_this_program = 0;
}

}  // namespace motoko::remediation
