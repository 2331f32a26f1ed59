// The whole page of metrics as text.
#pragma once

#include <string>

#include "exporter/health/verdict.h"
#include "exporter/observation/observation.h"

namespace motoko::metrics {

/// Facts of this process that no observation holds.
struct ProcessFacts {
  std::string version;
  bool last_reload_successful = true;
};

/// text/plain; version=0.0.4 (Prometheus text-based exposition format). Adds this process' own `process_*` families.
[[nodiscard]] std::string render_metrics(const observation::Observation& observation, const health::Verdict& verdict,
                                         const ProcessFacts& process);

}  // namespace motoko::metrics
