// A read that no cache can answer. Runs in a disk worker: may block for ever.
#pragma once

#include <string>

#include "exporter/base/result.h"
#include "exporter/observation/mount_table.h"

namespace motoko::sources {

/// Codes that mean "this proves nothing", not "the disk is broken".
[[nodiscard]] bool proves_nothing(const base::Error& error);

/// Reads one block of a regular file below `mountpoint` with O_DIRECT, trying `known_file` first, and returns the
/// file's path below the mountpoint. Only blocks that are on the disk count: holes, inline data and blocks not yet
/// written would be answered from memory. Does not cross file systems, follow links or open anything but regular files.
/// Error: what the disk said; no_message_available: there is no such file; permission_denied: there may be one.
[[nodiscard]] base::Result<std::string> read_some_file(const std::string& mountpoint, const std::string& known_file);

/// Reads the first block of a device node with O_DIRECT. Error no_such_device: it is another device now.
[[nodiscard]] base::Status read_device(const std::string& path, observation::DeviceNumber expected);

}  // namespace motoko::sources
