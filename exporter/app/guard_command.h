// `motokoctl guard`.
#pragma once

#include "exporter/app/common_flags.h"

namespace motoko::app {

enum class GuardFlag { set, remove };

/// Sets or removes the immutable flag of the bare directory under every guarded mountpoint and prints one line for
/// each: what was done on standard output, what failed on standard error. 0 all done, 1 some failed (the others are
/// done), 2 not root and nothing done, 3 unusable configuration. No mount is changed, and none is touched.
[[nodiscard]] int run_guard(const CommonFlags& flags, GuardFlag flag);

}  // namespace motoko::app
