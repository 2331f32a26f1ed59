// Space thresholds as people write them in the configuration.
#pragma once

#include <string>
#include <string_view>

#include "exporter/base/space_threshold.h"
#include "exporter/config/parsed.h"

namespace motoko::config {

/// "5%" (0 to 100), "200GiB", "1.5TB", "4096B": B, KiB to PiB (1024), KB to PB (1000); a blank before the unit and up
/// to six digits after the point may be given. Bytes are rounded to whole ones.
[[nodiscard]] Parsed<base::SpaceThreshold> parse_space(std::string_view text);

/// As parse_space reads it, with the unit that needs no point: "5%", "1536GiB", "200GB".
[[nodiscard]] std::string space_text(const base::SpaceThreshold& threshold);

}  // namespace motoko::config
