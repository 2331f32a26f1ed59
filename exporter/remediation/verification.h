// What a step takes for proved: the verdict of a fresh observation, by the rules of health/, and that a write
// succeeded.
#pragma once

#include <optional>
#include <string>

#include "exporter/health/verdict.h"
#include "exporter/observation/observation.h"
#include "exporter/remediation/host.h"

namespace motoko::remediation {

/// Why the mount is not proved healthy. None: it is: one layer, no critical finding, none in doubt, written to.
[[nodiscard]] std::optional<std::string> why_not_healthy(const observation::MountObservation& seen,
                                                         const health::MountVerdict& judged);

/// The first guarded mount that is not, and why. None: all are.
[[nodiscard]] std::optional<std::string> why_not_all_healthy(const observation::Observation& observation,
                                                             const health::Verdict& verdict);

/// Why Samba is not proved to serve. None: it does, or nobody asked for it.
[[nodiscard]] std::optional<std::string> why_samba_is_down(const observation::Observation& observation);

/// Asks `fact` again and again until it says none, or `patience` is over: what it said last.
template <typename Fact>
std::optional<std::string> wait_for(Host& host, milliseconds patience, Fact fact) {
  constexpr milliseconds kBetween{20};
  const auto end = host.now().monotonic + patience;
  for (;;) {
    const std::optional<std::string> why_not = fact();
    if (!why_not || host.now().monotonic >= end) return why_not;
    host.wait(kBetween);
  }
}

}  // namespace motoko::remediation
