// The mount table of this mount namespace and the stack of layers under one path. Read by sources/, judged by health/.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace motoko::observation {

/// A block device's number; major 0 is anonymous (btrfs, NFS, tmpfs).
struct DeviceNumber {
  unsigned major = 0;
  unsigned minor = 0;
  auto operator<=>(const DeviceNumber&) const = default;
};

/// "8:17", as sysfs and mountinfo write it.
[[nodiscard]] std::string to_string(DeviceNumber number);

/// One row of /proc/PID/mountinfo (proc(5)), octal escapes decoded.
struct MountLayer {
  int id = 0;
  int parent_id = 0;
  DeviceNumber device;
  std::string root;    // what of the file system is mounted; "/" but for bind mounts
  std::string target;  // where
  std::string fs_type;
  std::string source;         // "/dev/sdb1"
  std::string super_options;  // the file system's own options, after " - "
  bool operator==(const MountLayer&) const = default;
};

using MountTable = std::vector<MountLayer>;

/// Layers bottom to top; a path reaches only the last. Empty: nothing is mounted there.
using MountStack = std::vector<MountLayer>;

/// The layers at `path`, found as the kernel finds them: component by component from the namespace's root, so that a
/// mount hidden under another one on a parent directory does not count. autofs triggers are not layers.
/// Where the table has no root row (captured by hand, chroot), rows with that target count in table order.
[[nodiscard]] MountStack stack_at(const MountTable& table, std::string_view path);

}  // namespace motoko::observation
