#include <fmt/format.h>

#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {

StepResult verify_mount(Host& host, const MountPlan& mount) {
  const auto observation = host.look();
  const auto verdict = health::evaluate(observation);
  for (std::size_t i = 0; i < observation.mounts.size(); ++i) {
    const auto& seen = observation.mounts[i];
    if (seen.guard.path != mount.guard.path) continue;
    if (const auto why = why_not_healthy(seen, verdict.mounts[i])) return {StepOutcome::failed, *why};
    const auto& write = seen.probes->write;
    if (seen.guard.read_only_asked) return {StepOutcome::done, "read, and mounted read-only as fstab asks"};
    if (write && !write->error) return {StepOutcome::done, "read, written to, synced"};
    return {StepOutcome::done, "read; that it can be written to is not proved: " +
                                   (write ? write->error->message() : write.error().message())};
  }
  return {StepOutcome::failed, mount.guard.path + " is not guarded any more"};
}

}  // namespace motoko::remediation
