// Mounting through the host's own mount unit, so that systemd knows of it and keeps to what hangs on it.
#pragma once

#include <chrono>
#include <string>

#include "exporter/base/result.h"

namespace motoko::host {

/// Whether systemd has, or would have after reading it again, a mount unit for that line of `fstab`: systemd is PID 1,
/// and `fstab` is the one that it reads.
[[nodiscard]] bool has_mount_unit(const std::string& fstab);

/// Starts the unit of `mountpoint`, after systemd has read fstab again where it is newer, and has forgotten earlier
/// failures. Requires that nothing is mounted there: over a dead mount the start would wait 90 s in vain. Error
/// no_such_file_or_directory: systemd makes no unit of that line.
[[nodiscard]] base::Status start_mount_unit(const std::string& mountpoint, std::chrono::milliseconds deadline);

}  // namespace motoko::host
