// `motokoctl history` and `motokoctl reset`.
#pragma once

#include <cstddef>

#include "exporter/app/check_command.h"
#include "exporter/app/common_flags.h"

namespace motoko::app {

/// The runs of the fix, newest first. 0, or 1 where the history cannot be read, 3 for an unusable configuration.
[[nodiscard]] int run_history_command(const CommonFlags& flags, ReportFormat format, std::size_t limit);

/// Closes the circuit. 0, or 1 where that cannot be recorded, 3 for an unusable configuration.
[[nodiscard]] int run_reset_command(const CommonFlags& flags);

}  // namespace motoko::app
