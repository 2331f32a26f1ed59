// What a block device carries, by libblkid. Runs in a disk worker: the device may be hung.
#pragma once

#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/observation/block_device.h"

namespace motoko::sources {

/// Reads the device's superblock and its partition entry. Empty tags: it carries nothing known.
/// Where it may not be opened but is mounted here, its file system is asked for the UUID alone (only_uuid_known).
/// Error: cannot be opened or read; bad_message: signatures of several file systems contradict each other.
[[nodiscard]] base::Result<observation::DeviceTags> read_device_tags(const std::string& path);

[[nodiscard]] std::string encode(const base::Result<observation::DeviceTags>& tags);
[[nodiscard]] base::Result<observation::DeviceTags> decode_device_tags(std::string_view bytes);

}  // namespace motoko::sources
