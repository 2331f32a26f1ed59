#include "exporter/remediation/gate.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporter/base/text.h"

namespace motoko::remediation {
namespace {

/// Never negative. In floating point, because any two times on disk must be comparable without overflow.
base::Seconds age_of(base::WallTime then, base::WallTime now) {
  return std::max(base::Seconds(now.time_since_epoch()) - base::Seconds(then.time_since_epoch()), base::Seconds(0));
}

struct Describe {
  std::string operator()(const Allowed& /*allowed*/) const { return {}; }
  std::string operator()(const CoolingDown& cooling) const {
    return fmt::format(
        "the last run that changed something ended too short a time ago (remediation.cooldown): allowed "
        "in {}; `motokoctl fix --force` does not wait",
        base::format_duration(cooling.remaining));
  }
  std::string operator()(const CircuitOpen& open) const {
    return fmt::format(
        "the circuit is open since {}, after {} failed run{}: find out why (`motokoctl history`), then "
        "`motokoctl reset` closes it; `motokoctl fix --force` tries once all the same",
        base::format_time(open.since), open.failed_runs, open.failed_runs == 1 ? "" : "s");
  }
};

}  // namespace

GateDecision gate(const GateState& state, const GatePolicy& policy, base::WallTime now) {
  if (state.circuit_opened) return CircuitOpen{*state.circuit_opened, state.failed_runs};
  if (!state.last_change) return Allowed{};
  const auto age = age_of(*state.last_change, now);
  if (age >= policy.cooldown) return Allowed{};
  return CoolingDown{std::chrono::ceil<std::chrono::milliseconds>(policy.cooldown - age)};
}

bool circuit_due(const std::vector<base::WallTime>& failures, const GatePolicy& policy, base::WallTime now) {
  const auto count = std::count_if(failures.begin(), failures.end(),
                                   [&](base::WallTime ended) { return age_of(ended, now) <= policy.attempt_window; });
  return static_cast<std::uint64_t>(count) >= policy.max_attempts;
}

std::string describe(const GateDecision& decision) {
  return std::visit(Describe{}, decision);
}

}  // namespace motoko::remediation
