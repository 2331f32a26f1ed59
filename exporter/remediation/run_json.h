// Runs as JSON, for programs: `motokoctl fix --format=json` and `motokoctl history --format=json`.
#pragma once

#include <string>
#include <vector>

#include "exporter/remediation/run.h"

namespace motoko::remediation {

/// One line with a final newline. Null: the outcome and end of what is under way, the duration of such a step, and the
/// number of a run that is not in the history. Times are RFC 3339, UTC.
[[nodiscard]] std::string run_json(const RunRecord& run);

/// An array of the same, in the given order, on one line with a final newline.
[[nodiscard]] std::string history_json(const std::vector<RunRecord>& runs);

}  // namespace motoko::remediation
