// Paths of the configuration. Nothing here asks the file system.
#pragma once

#include <string>
#include <string_view>

#include "exporter/config/parsed.h"

namespace motoko::config {

/// An absolute path, as it was written. Error: empty, relative, or with control characters.
[[nodiscard]] Parsed<std::string> parse_absolute_path(std::string_view text);

/// An absolute path in the form that mountinfo prints: no "//", no "." and no trailing slash. Error: what
/// parse_absolute_path refuses, "..", and "/" itself, which no fix may unmount.
[[nodiscard]] Parsed<std::string> parse_mount_path(std::string_view text);

}  // namespace motoko::config
