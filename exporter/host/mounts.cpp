#include "exporter/host/mounts.h"

#include <fcntl.h>
#include <libmount/libmount.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "exporter/base/unique_fd.h"
#include "exporter/host/child.h"

namespace motoko::host {
namespace {

using base::Status;
using base::UniqueFd;

struct FreeContext {
  void operator()(libmnt_context* context) const { mnt_free_context(context); }
};

/// Holds a reference to the top mount until it is killed, and then, where the kernel makes it, does the waiting.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      // Opening a path only looks at names that are in memory; were it to block, the detaching would wait for nobody.
      const int held = ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
      const char ready = held >= 0 ? 'y' : 'n';
      (void)!::write(theirs.get(), &ready, 1);
      for (;;) ::pause();
    }
    theirs.reset();
    char ready = 0;
    (void)!::read(ours.get(), &ready, 1);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);  // not waited for
  }

 private:
  pid_t pid_ = -1;
};

Status mount_by_libmount(const MountRequest& request) {
  const std::unique_ptr<libmnt_context, FreeContext> context(mnt_new_context());
  if (!context) return base::errno_error(ENOMEM, "mount " + request.target);
  // Device and place are given, so libmount takes nothing from a table; what fstab says comes with the request.
  if (mnt_context_set_source(context.get(), request.device.c_str()) != 0 ||
      mnt_context_set_target(context.get(), request.target.c_str()) != 0 ||
      mnt_context_set_options(context.get(), request.options.c_str()) != 0 ||
      (!request.fs_type.empty() && request.fs_type != "auto" &&
       mnt_context_set_fstype(context.get(), request.fs_type.c_str()) != 0) ||
      mnt_context_set_optsmode(context.get(), MNT_OMODE_NOTAB) != 0)
    return base::errno_error(EINVAL, "mount " + request.target);
  const int result = mnt_context_mount(context.get());
  std::array<char, 512> message{};
  if (mnt_context_get_excode(context.get(), result, message.data(), message.size()) == 0) return {};
  const int error = mnt_context_syscall_called(context.get()) ? mnt_context_get_syscall_errno(context.get()) : 0;
  return base::errno_error(error > 0    ? error
                           : result < 0 ? -result
                                        : EIO,
                           "mount " + request.device + " on " + request.target +
                               (message[0] != '\0' ? std::string(": ") + message.data() : ""));
}

}  // namespace

Status detach_top_layer(const std::string& path, std::chrono::milliseconds deadline) {
  return try_in_child(deadline, [&]() -> Status {
    const Holder holder(path);
    if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      return base::errno_error(errno, "umount -l " + path);
    return {};
  });
}

Status mount_device(const MountRequest& request, std::chrono::milliseconds deadline) {
  return try_in_child(deadline, [&] { return mount_by_libmount(request); });
}

base::Result<bool> device_in_use(const std::string& device, std::chrono::milliseconds deadline) {
  const auto opened = try_in_child(deadline, [&]() -> Status {
    const UniqueFd fd(::open(device.c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
    if (!fd.valid()) return base::errno_error(errno, "open " + device);
    return {};
  });
  if (opened) return false;
  if (opened.error().is(std::errc::device_or_resource_busy)) return true;
  return tl::unexpected(opened.error());
}

}  // namespace motoko::host
