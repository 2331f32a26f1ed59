// Durations as people write them in the configuration.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "exporter/config/parsed.h"

namespace motoko::config {

/// "15m", "500ms", "1h30m", "3d": whole numbers with ms, s, m, h or d, the larger unit first, each once. "0s" is 0.
/// The error names the way out; a number without a unit is one.
[[nodiscard]] Parsed<std::chrono::milliseconds> parse_duration(std::string_view text);

/// As parse_duration reads it: "1h30m", "0s". `duration` >= 0.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

}  // namespace motoko::config
