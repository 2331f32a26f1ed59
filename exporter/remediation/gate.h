// Whether a fix may change something now: not again at once after a change, and not again and again without success.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exporter/base/clock.h"

namespace motoko::remediation {

/// From the configuration (remediation.*).
struct GatePolicy {
  std::chrono::seconds cooldown = std::chrono::minutes(5);
  unsigned max_attempts = 3;  // at least 1
  std::chrono::seconds attempt_window = std::chrono::hours(1);
};

/// What happened so far, from the history.
struct GateState {
  /// End of the last run that changed something. None: there was none, or it was interrupted, and is to be continued
  /// at once.
  std::optional<base::WallTime> last_change{};
  std::optional<base::WallTime> circuit_opened{};  // none: closed
  unsigned failed_runs = 0;                        // that opened it
  bool operator==(const GateState&) const = default;
};

struct Allowed {
  bool operator==(const Allowed&) const = default;
};
struct CoolingDown {
  std::chrono::milliseconds remaining{0};
  bool operator==(const CoolingDown&) const = default;
};
struct CircuitOpen {
  base::WallTime since;
  unsigned failed_runs = 0;
  bool operator==(const CircuitOpen&) const = default;
};
using GateDecision = std::variant<Allowed, CoolingDown, CircuitOpen>;

/// An open circuit holds until it is reset, however long ago it opened. A last change in the future (the clock was put
/// back) counts as just now; so that it does not do so until that time comes, History::gate_state moves it to now.
[[nodiscard]] GateDecision gate(const GateState& state, const GatePolicy& policy, base::WallTime now);

/// Whether another failure opens the circuit: `failures` are the ends of the runs that failed since the last reset,
/// that one included. Those in the future count as just now.
[[nodiscard]] bool circuit_due(const std::vector<base::WallTime>& failures, const GatePolicy& policy,
                               base::WallTime now);

/// For people: why nothing is changed, and the ways out. Empty: allowed.
[[nodiscard]] std::string describe(const GateDecision& decision);

}  // namespace motoko::remediation
