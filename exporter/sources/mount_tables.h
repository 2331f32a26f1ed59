// fstab and mountinfo, by libmount.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/base/host_paths.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/observation/guarded_mount.h"
#include "exporter/observation/mount_table.h"

namespace motoko::sources {

/// One line of fstab(5), unquoted and decoded.
struct FstabEntry {
  observation::DeviceSpec device;
  std::string target;
  std::string fs_type;
  std::string options;
  bool operator==(const FstabEntry&) const = default;
};

struct Fstab {
  std::vector<FstabEntry> entries;
  std::vector<int> bad_lines;  // lines libmount could not read; it goes on behind them, as mount(8) does
};

/// Error: the file cannot be read.
[[nodiscard]] base::Result<Fstab> read_fstab(const std::string& path);

/// /proc/self/mountinfo, parsed again only after the kernel has said that it changed (poll(2): POLLPRI). What the
/// kernel does not announce, a change of superblock options, is read elsewhere; see file_system_state.h.
class MountInfoReader {
 public:
  explicit MountInfoReader(const base::HostPaths& paths);

  /// The current table; the same object while nothing changed. Error: mountinfo cannot be read.
  [[nodiscard]] base::Result<std::shared_ptr<const observation::MountTable>> read();

  /// The table read anew whatever was announced, for the superblock options in it.
  [[nodiscard]] base::Result<std::shared_ptr<const observation::MountTable>> read_again();

 private:
  [[nodiscard]] bool changed();

  std::string path_;
  base::UniqueFd events_;  // of a real procfs; a captured file announces nothing and is read every time
  std::shared_ptr<const observation::MountTable> table_;
};

}  // namespace motoko::sources
