// The check report: the verdict as JSON for programs and as text for people. `motokoctl check` and /api/v1/health print
// it.
#pragma once

#include <string>

#include "exporter/health/verdict.h"
#include "exporter/observation/observation.h"

namespace motoko::health {

/// One line of JSON with a final newline. Unknown values are null; "healthy" is never true where something is unknown.
[[nodiscard]] std::string report_json(const observation::Observation& observation, const Verdict& verdict);

struct TextStyle {
  bool colour = false;  // ANSI escapes
};

/// A first line that says it all (the Monitoring Plugins convention), then the details.
[[nodiscard]] std::string report_text(const observation::Observation& observation, const Verdict& verdict,
                                      TextStyle style);

}  // namespace motoko::health
