#include "exporter/remediation/gate_facts.h"

namespace motoko::remediation {
namespace {

Status without_count(const Result<int>& changed) {
  if (!changed) return tl::unexpected(changed.error());
  return {};
}

Result<std::vector<base::WallTime>> failures(Database& database) {
  std::vector<base::WallTime> ends;
  const auto status = database.query("SELECT ended FROM failed_attempts", {}, [&](const Row& row) {
    ends.push_back(row.time(0));
    return Status();
  });
  if (!status) return tl::unexpected(status.error());
  return ends;
}

Status note_failure(Database& database, std::int64_t run, base::WallTime now, const GatePolicy& policy) {
  const auto inserted = database.run("INSERT INTO failed_attempts (run, ended) VALUES (?, ?)", {run, value_of(now)});
  if (!inserted) return tl::unexpected(inserted.error());
  const auto forgotten =
      database.run("DELETE FROM failed_attempts WHERE ended < ?", {value_of(now - policy.attempt_window)});
  if (!forgotten) return tl::unexpected(forgotten.error());
  const auto ends = failures(database);
  if (!ends) return tl::unexpected(ends.error());
  if (!circuit_due(*ends, policy, now)) return {};
  // One that is open already keeps the time since when.
  return without_count(
      database.run("UPDATE gate SET circuit_opened = ?, circuit_failed_runs = ? WHERE circuit_opened IS NULL",
                   {value_of(now), static_cast<std::int64_t>(ends->size())}));
}

}  // namespace

Status note_end(Database& database, const RunRecord& run, const GatePolicy& policy) {
  const base::WallTime now = *run.ended;
  if (auto status = pull_to_present(database, now); !status) return status;
  const bool counts = run.outcome == RunOutcome::fixed || run.outcome == RunOutcome::failed;
  if (run.changed && (counts || run.outcome == RunOutcome::interrupted)) {
    const auto noted = database.run("UPDATE gate SET last_change = ?", {counts ? value_of(now) : Value(nullptr)});
    if (!noted) return tl::unexpected(noted.error());
  }
  if (run.outcome != RunOutcome::failed) return {};
  return note_failure(database, run.id, now, policy);
}

Result<GateState> load_gate_state(Database& database) {
  GateState state;
  const auto status =
      database.query("SELECT last_change, circuit_opened, circuit_failed_runs FROM gate", {}, [&](const Row& row) {
        state = {row.optional_time(0), row.optional_time(1), static_cast<unsigned>(row.integer(2))};
        return Status();
      });
  if (!status) return tl::unexpected(status.error());
  return state;
}

Status pull_to_present(Database& database, base::WallTime now) {
  for (const auto* sql : {"UPDATE gate SET last_change = ?1 WHERE last_change > ?1",
                          "UPDATE gate SET circuit_opened = ?1 WHERE circuit_opened > ?1",
                          "UPDATE failed_attempts SET ended = ?1 WHERE ended > ?1"}) {
    if (const auto pulled = database.run(sql, {value_of(now)}); !pulled) return tl::unexpected(pulled.error());
  }
  return {};
}

Result<bool> close_circuit(Database& database) {
  const auto forgotten = database.run("DELETE FROM failed_attempts");
  if (!forgotten) return tl::unexpected(forgotten.error());
  const auto closed =
      database.run("UPDATE gate SET circuit_opened = NULL, circuit_failed_runs = 0 WHERE circuit_opened IS NOT NULL");
  if (!closed) return tl::unexpected(closed.error());
  return *closed > 0;
}

}  // namespace motoko::remediation
