// One run of the fix, whoever asked for it: look, plan, decide whether it may go ahead, carry it out, record it.
#pragma once

#include <string>

#include "exporter/app/common_flags.h"
#include "exporter/remediation/run.h"
#include "exporter/remediation/runner.h"
#include "exporter/sources/disk_workers.h"

namespace motoko::app {

struct FixRequest {
  std::string trigger;   // for the history: "command line", "check --fix"
  bool dry_run = false;  // on a host that only imagines; nothing is recorded
  bool force = false;    // overrides cooldown and circuit, never a refusal
};

/// Everything that can go wrong is an outcome with its detail. Run it under a SignalsWait.
[[nodiscard]] remediation::RunRecord run_fix(const CommonFlags& flags, const Setup& setup,
                                             sources::DiskWorkers& workers, const FixRequest& request,
                                             remediation::RunListener& listener);

}  // namespace motoko::app
