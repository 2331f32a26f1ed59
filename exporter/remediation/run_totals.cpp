#include "exporter/remediation/run_totals.h"

#include <algorithm>
#include <limits>

#include "exporter/remediation/run_rows.h"

namespace motoko::remediation {
namespace {

/// The position of the first bucket that holds `seconds`. A bound of an older version falls into the next larger one.
std::size_t bucket_of(double seconds) {
  return static_cast<std::size_t>(std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), seconds) -
                                  kDurationBounds.begin());
}

double upper_bound_of(std::size_t bucket) {
  return bucket < kDurationBounds.size() ? kDurationBounds.at(bucket) : std::numeric_limits<double>::infinity();
}

/// Calls `on_row` for each outcome that this version knows.
Status each_outcome(Database& database, const std::function<void(RunOutcome, const Row&)>& on_row) {
  return database.query("SELECT outcome, runs, last_ended FROM outcome_totals", {}, [&](const Row& row) {
    if (const auto outcome = run_outcome_of(row.text(0))) on_row(*outcome, row);
    return Status();
  });
}

}  // namespace

Status count_run(Database& database, RunOutcome outcome, base::WallTime ended) {
  const auto counted = database.run(
      "INSERT INTO outcome_totals (outcome, runs, last_ended) VALUES (?1, 1, ?2) "
      "ON CONFLICT (outcome) DO UPDATE SET runs = runs + 1, last_ended = ?2",
      {to_string(outcome), value_of(ended)});
  if (!counted) return tl::unexpected(counted.error());
  return {};
}

Status count_step(Database& database, const StepRecord& step) {
  if (step.outcome != StepOutcome::done && step.outcome != StepOutcome::failed) return {};
  const double seconds = seconds_of(step);
  const auto counted = database.run(
      "INSERT INTO step_durations (step, upper_bound, steps, seconds) VALUES (?1, ?2, 1, ?3) "
      "ON CONFLICT (step, upper_bound) DO UPDATE SET steps = steps + 1, seconds = seconds + ?3",
      {to_string(step.name), upper_bound_of(bucket_of(seconds)), seconds});
  if (!counted) return tl::unexpected(counted.error());
  return {};
}

Result<OutcomeTotals> load_outcome_totals(Database& database) {
  OutcomeTotals totals;
  const auto status = each_outcome(database, [&](RunOutcome outcome, const Row& row) {
    totals[outcome] = static_cast<std::uint64_t>(row.integer(1));
  });
  if (!status) return tl::unexpected(status.error());
  return totals;
}

Result<LastRunTimes> load_last_run_times(Database& database) {
  LastRunTimes times;
  const auto status = each_outcome(database, [&](RunOutcome outcome, const Row& row) { times[outcome] = row.time(2); });
  if (!status) return tl::unexpected(status.error());
  return times;
}

Result<StepDurations> load_step_durations(Database& database) {
  StepDurations durations;
  const auto status =
      database.query("SELECT step, upper_bound, steps, seconds FROM step_durations", {}, [&](const Row& row) {
        if (const auto step = step_name_of(row.text(0))) {
          auto& histogram = durations[*step];
          histogram.counts.at(bucket_of(row.real(1))) += static_cast<std::uint64_t>(row.integer(2));
          histogram.sum_seconds += row.real(3);
        }
        return Status();
      });
  if (!status) return tl::unexpected(status.error());
  return durations;
}

}  // namespace motoko::remediation
