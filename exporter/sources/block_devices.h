// The block devices of the host, from sysfs, without opening any of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/host_paths.h"
#include "exporter/base/result.h"
#include "exporter/observation/block_device.h"

namespace motoko::sources {

/// A device as sysfs lists it. `sequence` changes when the disk behind the name does (diskseq, since kernel 5.15; else
/// 0).
struct ListedDevice {
  std::string name;
  observation::DeviceNumber number;
  std::uint64_t size_bytes = 0;
  std::uint64_t sequence = 0;
  bool held = false;
  std::string disk;  // whose partition it is; its own name where it is none
  bool operator==(const ListedDevice&) const = default;
};

/// Devices with a size above 0. A device that goes while they are listed is left out.
[[nodiscard]] base::Result<std::vector<ListedDevice>> list_block_devices(const base::HostPaths& paths);

/// How much was ever written to or discarded from each device, by name: another number where anything was, since. A
/// disk's counts what goes to its partitions too.
using WriteCounts = std::map<std::string, std::uint64_t, std::less<>>;

/// Of procfs/diskstats (kernel: Documentation/admin-guide/iostats.rst). Error: it cannot be read.
[[nodiscard]] base::Result<WriteCounts> read_write_counts(const base::HostPaths& paths);
[[nodiscard]] WriteCounts parse_write_counts(std::string_view diskstats);

/// True: sysfs lists a device of that number with a size above 0. Error: sysfs cannot be read.
[[nodiscard]] base::Result<bool> device_exists(const base::HostPaths& paths, observation::DeviceNumber number);

/// The kernel's name of a device ("sdb1"). Error no_such_file_or_directory: it is gone.
[[nodiscard]] base::Result<std::string> device_name(const base::HostPaths& paths, observation::DeviceNumber number);

/// Model and serial number of the disk under a device, from udev's database or sysfs. Error: the device is gone.
[[nodiscard]] base::Result<observation::DiskIdentity> disk_identity(const base::HostPaths& paths,
                                                                    observation::DeviceNumber number);

/// Tags from udev's database, for those who may not open the device. Error: it has no entry there.
[[nodiscard]] base::Result<observation::DeviceTags> udev_tags(const base::HostPaths& paths,
                                                              observation::DeviceNumber number);

}  // namespace motoko::sources
