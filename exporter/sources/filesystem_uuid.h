// The UUID of a mounted file system, from the file system itself. Runs in a disk worker: opening its root may block.
#pragma once

#include <string>

namespace motoko::sources {

/// Of the file system mounted from the block device `path`, as libblkid would print it. Needs no permission on the
/// device, only on the mountpoint. Empty: not mounted here, or the kernel (before 5.19 for ext4, 6.9 for others) does
/// not tell.
[[nodiscard]] std::string uuid_where_mounted(const std::string& path);

}  // namespace motoko::sources
