// Checking an ext4 file system that is not mounted.
#pragma once

#include <chrono>
#include <string>

#include "exporter/base/result.h"
#include "exporter/host/child.h"

namespace motoko::host {

/// Whether the superblock on the device records errors: s_state has EXT4_ERROR_FS, or s_error_count is not 0
/// (kernel: fs/ext4/ext4.h, struct ext4_super_block, at byte 1024). False for what is no ext2, ext3 or ext4.
/// Error: the device cannot be read; timed_out: it does not answer.
[[nodiscard]] base::Result<bool> records_errors(const std::string& device, milliseconds deadline);

/// Runs e2fsck -p: repairs what can be repaired without a question. Exit codes 0 and 1 (corrected), with 2, leave a
/// sound file system; from 4 on it is not (e2fsck(8)). Error: it is not installed, or did not end.
[[nodiscard]] base::Result<Finished> check_ext4(const std::string& device, milliseconds deadline);

}  // namespace motoko::host
