// What the kernel shows of a mounted file system without touching its disk: superblock options and ext4's counters.
#pragma once

#include <string>
#include <vector>

#include "exporter/base/host_paths.h"
#include "exporter/base/result.h"
#include "exporter/observation/superblock.h"

namespace motoko::sources {

/// The options of a live ext4 superblock from procfs/fs/ext4/DEV/options: the same words as in mountinfo, but a few
/// hundred bytes instead of the whole table. Works for detached superblocks too. Error: no such superblock.
[[nodiscard]] base::Result<observation::SuperblockFlags> read_ext4_flags(const base::HostPaths& paths,
                                                                         const std::string& device_name);

/// From sysfs/fs/ext4/DEV. Error: no such superblock, or it shows no counters.
[[nodiscard]] base::Result<observation::Ext4Counters> read_ext4_counters(const base::HostPaths& paths,
                                                                         const std::string& device_name);

/// The devices with a live ext4 superblock, mounted here or not. Empty where the kernel has no ext4 at all.
[[nodiscard]] base::Result<std::vector<std::string>> list_ext4_superblocks(const base::HostPaths& paths);

/// True where this kernel prints `emergency_ro` and `shutdown` among the options (6.15 and later), so that their
/// absence means something. Error: its release cannot be read.
[[nodiscard]] base::Result<bool> kernel_prints_flags(const base::HostPaths& paths);

}  // namespace motoko::sources
