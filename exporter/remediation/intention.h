// What a step that was only imagined would do, for a plan that people read.
#pragma once

#include <string>

#include "exporter/remediation/run.h"

namespace motoko::remediation {

/// Of a step that ran on a DryRunHost: its detail tells how it would end if all goes well.
[[nodiscard]] std::string intention_of(const StepRecord& imagined);

}  // namespace motoko::remediation
