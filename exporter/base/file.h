// Reading the small text files of procfs and sysfs.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/base/result.h"

namespace motoko::base {

/// The whole file. Error: cannot be opened or read, or is larger than `max_bytes` (std::errc::file_too_large).
/// Blocks as long as the file system under `path` does: never call it for a path on a guarded disk.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 1 << 20);

/// The first line, without its end and surrounding blanks. Errors as read_file.
[[nodiscard]] Result<std::string> read_line(const std::string& path);

/// A file that holds one decimal number. Error std::errc::invalid_argument: it holds something else.
[[nodiscard]] Result<std::uint64_t> read_number(const std::string& path);

}  // namespace motoko::base
