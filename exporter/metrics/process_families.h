// The `process_*` families of this process, as the Prometheus client libraries define them.
#pragma once

#include "exporter/metrics/family_set.h"

namespace motoko::metrics {

/// Reads /proc/self; what cannot be read is left out.
void add_process_families(FamilySet& set);

}  // namespace motoko::metrics
