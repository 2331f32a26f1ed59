// What is read from the history, and the gate. Writing runs is in history.cpp.
#include <algorithm>

#include "exporter/remediation/gate_facts.h"
#include "exporter/remediation/history.h"
#include "exporter/remediation/results.h"
#include "exporter/remediation/run_rows.h"

namespace motoko::remediation {

Result<GateState> History::gate_state(base::WallTime now) {
  GateState state;
  auto status = read([&](Database& database) { return take(load_gate_state(database), state); });
  const bool ahead = state.last_change > now || state.circuit_opened > now;
  if (status && ahead) {
    if (access_ == Access::read_and_write)
      status = write("set times", [&](Database& database) { return pull_to_present(database, now); });
    for (auto* time : {&state.last_change, &state.circuit_opened}) {
      if (*time > now) *time = now;
    }
  }
  return result_of(status, state);
}

Result<bool> History::reset_circuit() {
  bool was_open = false;
  const auto status =
      write("reset the circuit", [&](Database& database) { return take(close_circuit(database), was_open); });
  return result_of(status, was_open);
}

Result<std::vector<RunRecord>> History::runs(std::size_t limit) {
  std::vector<RunRecord> runs;
  const auto rows = static_cast<std::int64_t>(std::min(limit, kKeptRuns));
  const auto status = read(
      [&](Database& database) { return take(load_runs(database, "true ORDER BY id DESC LIMIT ?", {rows}), runs); });
  return result_of(status, std::move(runs));
}

Result<std::optional<RunRecord>> History::run(std::int64_t id) {
  std::vector<RunRecord> runs;
  const auto status = read([&](Database& database) { return take(load_runs(database, "id = ?", {id}), runs); });
  return result_of(status, runs.empty() ? std::nullopt : std::optional(runs.front()));
}

Result<OutcomeTotals> History::outcome_totals() {
  OutcomeTotals totals;
  const auto status = read([&](Database& database) { return take(load_outcome_totals(database), totals); });
  return result_of(status, totals);
}

Result<LastRunTimes> History::last_run_times() {
  LastRunTimes times;
  const auto status = read([&](Database& database) { return take(load_last_run_times(database), times); });
  return result_of(status, times);
}

Result<StepDurations> History::step_durations() {
  StepDurations durations;
  const auto status = read([&](Database& database) { return take(load_step_durations(database), durations); });
  return result_of(status, durations);
}

}  // namespace motoko::remediation
