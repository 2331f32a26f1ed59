#include <fmt/format.h>

#include <algorithm>

#include "exporter/base/text.h"
#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {
namespace {

/// Clients of this mount would write to the wrong place, or to a dead disk. Slowness is neither.
bool must_not_be_served(const health::MountVerdict& judged) {
  return std::any_of(judged.findings.begin(), judged.findings.end(), [](const auto& finding) {
    return severity_of(finding.code) == health::Severity::critical && finding.code != health::FindingCode::unresponsive;
  });
}

}  // namespace

StepResult settle(Host& host, const StepPolicy& policy, bool started_samba) {
  host.wait(policy.settle);
  observation::Observation observation;
  health::Verdict verdict;
  const auto why_not = wait_for(host, policy.slow_disk, [&]() -> std::optional<std::string> {
    observation = host.look();
    verdict = health::evaluate(observation);
    if (std::any_of(verdict.mounts.begin(), verdict.mounts.end(), must_not_be_served)) return std::nullopt;
    if (const auto why = why_not_all_healthy(observation, verdict)) return why;
    return why_samba_is_down(observation);
  });
  if (why_not) return {StepOutcome::failed, *why_not};
  if (const auto why = why_not_all_healthy(observation, verdict)) {
    if (!started_samba) return {StepOutcome::failed, *why};
    const auto stopped = stop_samba(host, policy);
    return {
        StepOutcome::failed,
        fmt::format("{}; {}", *why, stopped.outcome == StepOutcome::done ? "Samba was stopped again" : stopped.detail),
        stopped.samba_is_stopped};
  }
  return {StepOutcome::done, "still healthy after " + base::format_duration(policy.settle)};
}

}  // namespace motoko::remediation
