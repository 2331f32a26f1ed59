#include <fmt/format.h>

#include "exporter/base/text.h"
#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {

StepResult settle(Host& host, const StepPolicy& policy) {
  host.wait(policy.settle);
  const auto observation = host.look();
  if (const auto why = why_not_all_healthy(observation, health::evaluate(observation))) {
    if (!observation.samba) return {StepOutcome::failed, *why};
    const auto stopped = stop_samba(host, policy);
    return {StepOutcome::failed, fmt::format("{}; Samba was stopped again: {}", *why, stopped.detail)};
  }
  if (const auto why = why_samba_is_down(observation)) return {StepOutcome::failed, *why};
  return {StepOutcome::done, "still healthy after " + base::format_duration(policy.settle)};
}

}  // namespace motoko::remediation
