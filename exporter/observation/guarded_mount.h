// What a mountpoint is expected to be: its fstab entry joined with the configuration. Made once at start and on reload.
#pragma once

#include <chrono>
#include <string>

#include "exporter/base/space_threshold.h"

namespace motoko::observation {

/// How fstab names the device (fstab(5), first field).
enum class DeviceTag { uuid, label, partuuid, partlabel, path, other };

/// `value` is the tag's value, the device path for `path`, the whole field for `other` (NFS, tmpfs, ...).
struct DeviceSpec {
  DeviceTag tag = DeviceTag::other;
  std::string value;
  bool operator==(const DeviceSpec&) const = default;
};

/// "UUID=...", "/dev/sdb1": as fstab writes it.
[[nodiscard]] std::string to_string(const DeviceSpec& spec);

struct GuardedMount {
  std::string path;  // absolute, no trailing slash
  DeviceSpec device;
  std::string fs_type;           // as fstab has it: "ext4", "auto"
  bool read_only_asked = false;  // fstab says "ro"
  base::SpaceThreshold min_available = base::SpaceRatio{0.05};
  bool time_machine = false;
  std::chrono::seconds max_backup_age = std::chrono::hours(72);
  std::string disk;  // free text for people: which disk to plug in
  bool operator==(const GuardedMount&) const = default;
};

}  // namespace motoko::observation
