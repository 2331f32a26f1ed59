#include "exporter/remediation/damaged_file.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>

#include "exporter/base/clock.h"
#include "exporter/base/unique_fd.h"
#include "exporter/remediation/state_dir.h"

namespace motoko::remediation {
namespace {

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
  const auto there = file_identity(path);
  if (!there || there != seen) return std::nullopt;
  const std::string aside = free_name(path);
  // The companions first: left beside a new database, they would be taken for its own.
  for (const std::string companion : {"-journal", "-wal", "-shm", ""}) {
    if (::rename((path + companion).c_str(), (aside + companion).c_str()) != 0 && errno != ENOENT)
      return state_dir_error(errno, "move aside " + path + companion);
  }
  const base::UniqueFd renamed(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (renamed.valid()) ::fsync(renamed.get());
  return aside;
}

}  // namespace motoko::remediation
