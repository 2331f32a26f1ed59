#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {

StepResult start_samba(Host& host, const StepPolicy& policy) {
  const auto observation = host.look();
  if (const auto why = why_not_all_healthy(observation, health::evaluate(observation)))
    return {StepOutcome::refused,
            "Samba is not started, so that clients do not write to a bare directory or a dead disk: " + *why};
  if (const auto started = host.start_samba(policy.start_samba); !started)
    return {StepOutcome::failed, host.samba_name() + " could not be started: " + started.error().message()};
  return {StepOutcome::done, host.samba_name() + " started"};
}

}  // namespace motoko::remediation
