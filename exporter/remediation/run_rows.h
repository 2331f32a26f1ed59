// Runs as rows of the history's tables, and back. Everything here is part of a caller's transaction.
#pragma once

#include <vector>

#include "exporter/remediation/database.h"
#include "exporter/remediation/run.h"

namespace motoko::remediation {

enum class Moment { before, after };

/// The duration as it may be stored: never negative, never infinite.
[[nodiscard]] double seconds_of(const StepRecord& step);

/// The run alone, without steps and findings. Returns its new id.
[[nodiscard]] Result<std::int64_t> insert_run(Database& database, const RunRecord& run);
[[nodiscard]] Status insert_findings(Database& database, std::int64_t run, Moment moment,
                                     const std::vector<SeenFinding>& findings);
[[nodiscard]] Status insert_step(Database& database, std::int64_t run, std::size_t index, const StepRecord& step);
/// Error invalid_argument: that step is not under way.
[[nodiscard]] Status finish_step(Database& database, std::int64_t run, std::size_t index, const StepRecord& step);
/// Writes the end of `run.id`: ended, outcome, detail. Error invalid_argument: it is not under way.
[[nodiscard]] Status finish_run(Database& database, const RunRecord& run);

/// Whole runs, newest first. `condition` is SQL about the table runs, with `values`. Error bad_message: a row holds a
/// word that is none.
[[nodiscard]] Result<std::vector<RunRecord>> load_runs(Database& database, const std::string& condition,
                                                       std::initializer_list<Value> values);

/// Removes all but the newest `kept` runs; those under way stay.
[[nodiscard]] Status prune_runs(Database& database, std::int64_t kept);

}  // namespace motoko::remediation
