// `motokoctl check` and `motokoctl config check`.
#pragma once

#include "exporter/app/common_flags.h"

namespace motoko::app {

enum class ReportFormat { text, json };

/// Standard output is a terminal and nobody asked for none (NO_COLOR).
[[nodiscard]] bool wants_colour();

/// Looks at the host once and prints the report; with `fix`, as it is after a fix where one was needed. 0 healthy, 1
/// warning, 2 critical or unusable configuration, 3 unknown.
[[nodiscard]] int run_check(const CommonFlags& flags, ReportFormat format, bool fix);

/// Validates the configuration and prints the effective one. 0 valid, 2 not.
[[nodiscard]] int run_config_check(const CommonFlags& flags);

}  // namespace motoko::app
