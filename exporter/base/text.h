// Text that came from a disk, a device or the kernel, made safe to print; and how people read sizes and durations.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/base/clock.h"

namespace motoko::base {

/// The same text with each byte that is not valid UTF-8 replaced by U+FFFD. File names and disk models may be anything.
[[nodiscard]] std::string valid_utf8(std::string_view text);

/// The same text as one line that cannot move the cursor or colour a terminal: each control character (C0, DEL, C1) is
/// '?', each byte that is not valid UTF-8 is U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

/// A JSON string with its quotes (RFC 8259); invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// "1.9 TiB", "512 B": binary prefixes, one decimal.
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

/// "3d 4h", "5m 2s", "250ms": the two largest units that are not zero.
[[nodiscard]] std::string format_duration(std::chrono::milliseconds duration);

/// "2026-11-23T20:15:00Z" (RFC 3339, UTC).
[[nodiscard]] std::string format_time(WallTime time);

}  // namespace motoko::base
