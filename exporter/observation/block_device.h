// Block devices and what they carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/observation/guarded_mount.h"
#include "exporter/observation/mount_table.h"

namespace motoko::observation {

/// What libblkid (or udev) finds on a device. Empty strings: not there.
struct DeviceTags {
  std::string uuid;
  std::string label;
  std::string partuuid;
  std::string partlabel;
  std::string fs_type;
  bool only_uuid_known = false;  // the device could not be opened, but where it is mounted it tells its UUID
  bool operator==(const DeviceTags&) const = default;
};

/// Whether the tags are what fstab asks for; none: they do not tell. UUIDs are compared without regard to case.
[[nodiscard]] std::optional<bool> matches(const DeviceTags& tags, const DeviceSpec& spec);

struct BlockDevice {
  std::string name;  // the kernel's: "sdb1"
  std::string path;  // "/dev/sdb1"
  DeviceNumber number;
  std::uint64_t size_bytes = 0;
  bool held = false;  // part of a dm, md or similar device: what it carries is served by that one
  base::Result<DeviceTags> tags;
  bool operator==(const BlockDevice&) const = default;
};

/// Every block device with a size above 0.
using DeviceInventory = std::vector<BlockDevice>;

/// The devices fstab's name stands for. More than one: ambiguous. Error: none found, but some could not be read.
[[nodiscard]] base::Result<std::vector<BlockDevice>> devices_matching(const DeviceInventory& inventory,
                                                                      const DeviceSpec& spec);

/// The disk under a device. Empty strings: it has none (loop devices).
struct DiskIdentity {
  std::string model;
  std::string serial;
  bool operator==(const DiskIdentity&) const = default;
};

}  // namespace motoko::observation
