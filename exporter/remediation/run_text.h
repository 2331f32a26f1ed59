// Runs as text, for people: what `motokoctl fix` and `motokoctl history` print. Control characters are made harmless.
#pragma once

#include <string>
#include <vector>

#include "exporter/remediation/run.h"

namespace motoko::remediation {

/// One run in full: how it ended, what was found before, a line for each step, what was found after.
[[nodiscard]] std::string run_text(const RunRecord& run);

/// One line for a step, without its end: "done     detach_layers   /time  120ms  3 layers". The columns of several
/// steps are aligned where mountpoints have no more than `mountpoint_width` characters.
[[nodiscard]] std::string step_text(const StepRecord& step, std::size_t mountpoint_width);

/// A table, one line a run, in the given order, with a heading; a sentence where there are none.
[[nodiscard]] std::string history_text(const std::vector<RunRecord>& runs);

}  // namespace motoko::remediation
