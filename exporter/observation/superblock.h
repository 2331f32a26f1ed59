// What a file system says of itself: state flags and error counters.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/base/clock.h"

namespace motoko::observation {

/// From the superblock options. `emergency_ro` and `shutdown` are printed by ext4 since kernel 6.15.
struct SuperblockFlags {
  bool read_only = false;
  bool emergency_ro = false;
  bool shutdown = false;
  bool operator==(const SuperblockFlags&) const = default;
};

/// `options`: comma or newline separated, as in mountinfo after " - " or in /proc/fs/ext4/DEV/options.
[[nodiscard]] SuperblockFlags parse_superblock_flags(std::string_view options);

/// /sys/fs/ext4/DEV (kernel: Documentation/ABI/testing/sysfs-fs-ext4). `errors` lasts until fsck, `warnings` with the
/// mount.
struct Ext4Counters {
  std::uint64_t errors = 0;
  std::optional<std::uint64_t> warnings;          // since kernel 5.9
  std::optional<base::WallTime> last_error_time;  // none: no error recorded
  bool operator==(const Ext4Counters&) const = default;
};

}  // namespace motoko::observation
