// Counts for the metrics, kept in tables of their own: they outlive the runs that they count.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "exporter/remediation/database.h"
#include "exporter/remediation/run.h"

namespace motoko::remediation {

/// Upper bounds in seconds, inclusive: from a call to systemd to a check of 18 TB.
inline constexpr std::array<double, 14> kDurationBounds = {0.01, 0.05, 0.1, 0.5, 1,   2.5, 5,
                                                           10,   30,   60,  120, 300, 900, 3600};

/// Not cumulative: counts[i] steps took at most kDurationBounds[i] and longer than the bound before; the last count is
/// of those that took longer than all bounds.
struct DurationHistogram {
  std::array<std::uint64_t, kDurationBounds.size() + 1> counts{};
  double sum_seconds = 0;
  bool operator==(const DurationHistogram&) const = default;
};

// Outcomes and steps that never were are absent.
using OutcomeTotals = std::map<RunOutcome, std::uint64_t>;
using LastRunTimes = std::map<RunOutcome, base::WallTime>;
using StepDurations = std::map<StepName, DurationHistogram>;

/// These two are part of a caller's transaction.
[[nodiscard]] Status count_run(Database& database, RunOutcome outcome, base::WallTime ended);
/// Only a step that ended as done or failed took time; others are not counted.
[[nodiscard]] Status count_step(Database& database, const StepRecord& step);

[[nodiscard]] Result<OutcomeTotals> load_outcome_totals(Database& database);
[[nodiscard]] Result<LastRunTimes> load_last_run_times(Database& database);
[[nodiscard]] Result<StepDurations> load_step_durations(Database& database);

}  // namespace motoko::remediation
