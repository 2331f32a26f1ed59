#include <fmt/format.h>

#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {

StepResult start_samba(Host& host, const StepPolicy& policy) {
  const auto observation = host.look();
  if (const auto why = why_not_all_healthy(observation, health::evaluate(observation)))
    return {StepOutcome::refused,
            "Samba is not started, so that clients do not write to a bare directory or a dead disk: " + *why};
  if (const auto started = host.start_samba(policy.start_samba); !started) {
    // A start that a killed run left under way may have been first.
    if (wait_for(host, policy.smbd_started_by_another, [&] { return why_samba_is_down(host.look()); }))
      return {StepOutcome::failed, host.samba_name() + " could not be started: " + started.error().message()};
    return {StepOutcome::done, fmt::format("smbd runs already ({}: {})", host.samba_name(), started.error().message())};
  }
  return {StepOutcome::done, host.samba_name() + " started"};
}

}  // namespace motoko::remediation
