// Protects the directory under a mountpoint from being written while nothing is mounted on it.
#pragma once

#include <cstdint>
#include <string>

#include "exporter/base/result.h"

namespace motoko::host {

struct BareDirectoryState {
  bool changed = false;       // false: it was as asked for already
  std::uint64_t entries = 0;  // lie in it; they stay, and what is below them can still be written
  bool operator==(const BareDirectoryState&) const = default;
};

/// Sets or clears the immutable flag (chattr +i) of the bare directory, also while something is mounted on it; no mount
/// is changed. Success: the file system shows the flag as asked for, and it is on disk. Needs CAP_SYS_ADMIN and
/// CAP_LINUX_IMMUTABLE. Errors as open_bare_directory(), and not_supported: the file system has no such flag. Blocks as
/// long as the disk that the directory is on, never on the disk that is mounted there.
[[nodiscard]] base::Result<BareDirectoryState> set_immutable(const std::string& mountpoint, bool immutable);

}  // namespace motoko::host
