// The families of guarded mounts.
#pragma once

#include "exporter/health/verdict.h"
#include "exporter/metrics/family_set.h"
#include "exporter/observation/observation.h"

namespace motoko::metrics {

/// `verdict` must be the one of `observation`.
void add_mount_families(FamilySet& set, const observation::Observation& observation, const health::Verdict& verdict);

}  // namespace motoko::metrics
