#include "exporter/remediation/damaged_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <chrono>
#include <thread>

#include "exporter/base/clock.h"
#include "exporter/base/unique_fd.h"
#include "exporter/remediation/state_dir.h"

namespace motoko::remediation {
namespace {

/// Keeps others from moving at the same time; on the directory, because that one stays. Released when it is closed.
base::Result<base::UniqueFd> lock_directory(const std::string& directory) {
  constexpr int kTries = 500;
  constexpr std::chrono::milliseconds kBetweenTries{10};
  base::UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return state_dir_error(errno, "open directory " + directory);
  for (int i = 0; ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK || i == kTries) return base::errno_error(errno, "lock directory " + directory);
    std::this_thread::sleep_for(kBetweenTries);
  }
  return fd;
}

bool exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

std::string free_name(const std::string& path) {
  const auto now = std::chrono::floor<std::chrono::seconds>(base::now().wall);
  const auto name = fmt::format("{}.corrupt-{:%Y%m%dT%H%M%SZ}", path, fmt::gmtime(now));
  std::string candidate = name;
  for (int i = 2; exists(candidate); ++i) candidate = fmt::format("{}-{}", name, i);
  return candidate;
}

}  // namespace

std::optional<FileIdentity> file_identity(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

base::Result<std::optional<std::string>> move_damaged_aside(const std::string& directory, const std::string& path,
                                                            const std::optional<FileIdentity>& seen) {
  const auto lock = lock_directory(directory);
  if (!lock) return tl::unexpected(lock.error());
  const auto there = file_identity(path);
  if (!there || there != seen) return std::nullopt;
  const std::string aside = free_name(path);
  // The companions first: left beside a new database, they would be taken for its own.
  for (const std::string companion : {"-journal", "-wal", "-shm", ""}) {
    if (::rename((path + companion).c_str(), (aside + companion).c_str()) != 0 && errno != ENOENT)
      return state_dir_error(errno, "move aside " + path + companion);
  }
  ::fsync(lock->get());
  return aside;
}

}  // namespace motoko::remediation
