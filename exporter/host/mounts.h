// Detaching and mounting, in child processes: both can block for ever on a dead disk.
#pragma once

#include <chrono>
#include <string>

#include "exporter/base/result.h"

namespace motoko::host {

/// Detaches what lies on top at `path`: umount2(MNT_DETACH | UMOUNT_NOFOLLOW), at most one layer. A lazy unmount
/// writes dirty data back when it drops the last reference, which blocks on a hung disk; a second child holds one, so
/// that the call returns at once and only that child waits. Success says that the call was made: read the mount table
/// for what became of it. Error timed_out: the call is still under way.
[[nodiscard]] base::Status detach_top_layer(const std::string& path, std::chrono::milliseconds deadline);

struct MountRequest {
  std::string device;   // "/dev/sdb1": the very device, so that no stale link of udev chooses another
  std::string target;   // absolute
  std::string fs_type;  // as fstab has it: "ext4", "auto"
  std::string options;  // as fstab has them
};

/// Mounts by libmount, as mount(8) would with that line of fstab. Error: what libmount said, its errno where a system
/// call failed; timed_out: the call is still under way.
[[nodiscard]] base::Status mount_device(const MountRequest& request, std::chrono::milliseconds deadline);

/// Whether something has the device for itself: a mounted file system, one that lives on after a lazy unmount, or
/// e2fsck (open(2), O_EXCL on a block device). Error: it cannot be opened.
[[nodiscard]] base::Result<bool> device_in_use(const std::string& device, std::chrono::milliseconds deadline);

}  // namespace motoko::host
