// Carries out a plan, step by step, and says how it went.
#pragma once

#include <string>
#include <vector>

#include "exporter/remediation/host.h"
#include "exporter/remediation/plan.h"
#include "exporter/remediation/steps.h"

namespace motoko::remediation {

/// Told of a run and of each step as it begins and ends: history, terminal, journal.
class RunListener {
 public:
  virtual ~RunListener() = default;
  /// Before the first step, with what is wrong.
  virtual void run_began(const std::vector<SeenFinding>& findings) = 0;
  virtual void step_began(std::size_t index, const StepRecord& step) = 0;
  virtual void step_ended(std::size_t index, const StepRecord& step) = 0;
};

struct RunResult {
  RunOutcome outcome = RunOutcome::failed;  // fixed or failed
  std::vector<StepRecord> steps;
  std::string detail;  // for people; of a failed run: what is left stopped, and how to go on
};

/// Requires a plan without refusals that has something to do. A mount whose step fails keeps its later steps from
/// running, not those of other mounts; Samba starts only when every guarded mount is healthy.
[[nodiscard]] RunResult run_plan(const Plan& plan, Host& host, const StepPolicy& policy, RunListener& listener);

}  // namespace motoko::remediation
