// A mount namespace of this test process alone: what a test mounts is invisible to the host, and vanishes with the
// last process of the test even when that was killed.
#pragma once

#include "exporter/base/result.h"

namespace motoko::testing {

/// Moves this process into its own mount namespace, from which nothing propagates. The first call does the work, later
/// ones return its outcome. Call before threads: only the calling thread and its children move.
[[nodiscard]] base::Status enter_private_mount_namespace();

}  // namespace motoko::testing
