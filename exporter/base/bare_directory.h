// The bare directory of a mountpoint: the one on the file system below, whatever is mounted on it. sources/ looks at
// it, host/ changes it; both open it here.
#pragma once

#include <string>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::base {

/// Opens it for reading. What is mounted there is neither looked up nor opened, so a disk that hangs there holds
/// nothing up; blocks as long as the disk that the directory itself is on. No mount of the host is changed. Links on
/// the way to the mountpoint are followed; the mountpoint must not be one. Errors:
///   operation_not_permitted    without CAP_SYS_ADMIN; then nothing at all was looked up
///   invalid_argument           `mountpoint` is "/" or not an absolute path to a name
///   no_such_file_or_directory  it, or the directory above it, is missing
///   not_a_directory            it is a symbolic link or a file
[[nodiscard]] Result<UniqueFd> open_bare_directory(const std::string& mountpoint);

/// The inode's flags, FS_*_FL of <linux/fs.h>. Error not_supported: its file system keeps none.
[[nodiscard]] Result<unsigned> read_inode_flags(const UniqueFd& directory);

}  // namespace motoko::base
