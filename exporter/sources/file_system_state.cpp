#include "exporter/sources/file_system_state.h"

#include <dirent.h>

#include <cstdio>
#include <memory>

#include "exporter/base/directory.h"
#include "exporter/base/file.h"

namespace motoko::sources {
namespace {

using base::Result;

}  // namespace

Result<observation::SuperblockFlags> read_ext4_flags(const base::HostPaths& paths, const std::string& device_name) {
  const auto options = base::read_file(paths.procfs + "/fs/ext4/" + device_name + "/options");
  if (!options) return with_context(options.error(), "read superblock options");
  return observation::parse_superblock_flags(*options);
}

Result<observation::Ext4Counters> read_ext4_counters(const base::HostPaths& paths, const std::string& device_name) {
  const std::string folder = paths.sysfs + "/fs/ext4/" + device_name + "/";
  const auto errors = base::read_number(folder + "errors_count");
  if (!errors) return with_context(errors.error(), "read ext4 counters");
  observation::Ext4Counters counters{.errors = *errors, .warnings = {}, .last_error_time = {}};
  if (const auto warnings = base::read_number(folder + "warning_count")) counters.warnings = *warnings;
  if (*errors == 0) return counters;
  const auto seconds = base::read_number(folder + "last_error_time");
  if (seconds && *seconds > 0) counters.last_error_time = base::WallTime(std::chrono::seconds(*seconds));
  return counters;
}

Result<std::vector<std::string>> list_ext4_superblocks(const base::HostPaths& paths) {
  const std::string path = paths.sysfs + "/fs/ext4";
  const base::DirectoryStream directory(::opendir(path.c_str()));
  std::vector<std::string> names;
  if (!directory && errno == ENOENT) return names;
  if (!directory) return base::errno_error(errno, "list " + path);
  for (errno = 0; const dirent* entry = ::readdir(directory.get()); errno = 0) {
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && name != "features") names.push_back(name);
  }
  if (errno != 0) return base::errno_error(errno, "list " + path);
  return names;
}

Result<bool> kernel_prints_flags(const base::HostPaths& paths) {
  const auto release = base::read_line(paths.procfs + "/sys/kernel/osrelease");
  if (!release) return with_context(release.error(), "read kernel release");
  unsigned major = 0;
  unsigned minor = 0;
  if (std::sscanf(release->c_str(), "%u.%u", &major, &minor) != 2)
    return base::failure(std::errc::invalid_argument, "kernel release \"" + *release + "\" has no version");
  return major > 6 || (major == 6 && minor >= 15);
}

}  // namespace motoko::sources
