#include "exporter/remediation/run_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace motoko::remediation {
namespace {

std::string_view to_string(Moment moment) {
  return moment == Moment::before ? "before" : "after";
}

Value optional_value(const std::optional<base::WallTime>& time) {
  return time ? value_of(*time) : Value(nullptr);
}

template <typename Outcome>
Value optional_word(const std::optional<Outcome>& outcome) {
  return outcome ? Value(remediation::to_string(*outcome)) : Value(nullptr);
}

Status without_count(const Result<int>& changed) {
  if (!changed) return tl::unexpected(changed.error());
  return {};
}

/// For an UPDATE that must meet exactly one row.
Status met(const Result<int>& changed, const std::string& otherwise) {
  if (!changed) return tl::unexpected(changed.error());
  if (*changed == 0) return base::failure(std::errc::invalid_argument, otherwise);
  return {};
}

tl::unexpected<base::Error> no_such_word(const std::string& word) {
  return base::failure(std::errc::bad_message, "the history holds the unknown word \"" + word + "\"");
}

Status load_findings(Database& database, RunRecord& run) {
  return database.query(
      "SELECT moment, mountpoint, code, detail FROM findings WHERE run = ? ORDER BY position", {run.id},
      [&](const Row& row) -> Status {
        const auto code = health::finding_code_of(row.text(2));
        if (!code) return no_such_word(row.text(2));
        auto& findings = row.text(0) == to_string(Moment::before) ? run.findings_before : run.findings_after;
        findings.push_back({.mountpoint = row.text(1), .finding = {.code = *code, .detail = row.text(3)}});
        return {};
      });
}

Status load_steps(Database& database, RunRecord& run) {
  return database.query(
      "SELECT name, mountpoint, outcome, duration_seconds, detail FROM steps WHERE run = ? ORDER BY position", {run.id},
      [&](const Row& row) -> Status {
        const auto name = step_name_of(row.text(0));
        if (!name) return no_such_word(row.text(0));
        const auto outcome = step_outcome_of(row.text(2));
        if (!outcome && !row.is_null(2)) return no_such_word(row.text(2));
        run.steps.push_back({.name = *name,
                             .mountpoint = row.text(1),
                             .outcome = outcome,
                             .duration = base::Seconds(row.real(3)),
                             .detail = row.text(4)});
        return {};
      });
}

}  // namespace

double seconds_of(const StepRecord& step) {
  const double seconds = step.duration.count();
  return std::isfinite(seconds) ? std::max(seconds, 0.0) : 0.0;
}

Result<std::int64_t> insert_run(Database& database, const RunRecord& run) {
  const auto inserted = database.run(
      "INSERT INTO runs (triggered_by, started, ended, outcome, changed, detail) VALUES (?, ?, ?, ?, ?, ?)",
      {run.trigger, value_of(run.started), optional_value(run.ended), optional_word(run.outcome),
       std::int64_t{run.changed}, run.detail});
  if (!inserted) return tl::unexpected(inserted.error());
  return database.last_id();
}

Status insert_findings(Database& database, std::int64_t run, Moment moment, const std::vector<SeenFinding>& findings) {
  std::int64_t position = 0;
  for (const auto& seen : findings) {
    const auto inserted =
        database.run("INSERT INTO findings (run, moment, position, mountpoint, code, detail) VALUES (?, ?, ?, ?, ?, ?)",
                     {run, to_string(moment), position++, seen.mountpoint, health::to_string(seen.finding.code),
                      seen.finding.detail});
    if (!inserted) return tl::unexpected(inserted.error());
  }
  return {};
}

Status insert_step(Database& database, std::int64_t run, std::size_t index, const StepRecord& step) {
  // Only of a run that is under way, or that this transaction inserts.
  const auto inserted = database.run(
      "INSERT INTO steps (run, position, name, mountpoint, outcome, duration_seconds, detail) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      {run, static_cast<std::int64_t>(index), to_string(step.name), step.mountpoint, optional_word(step.outcome),
       seconds_of(step), step.detail});
  return without_count(inserted);
}

Status finish_step(Database& database, std::int64_t run, std::size_t index, const StepRecord& step) {
  const auto updated = database.run(
      "UPDATE steps SET outcome = ?, duration_seconds = ?, detail = ? "
      "WHERE run = ? AND position = ? AND outcome IS NULL",
      {optional_word(step.outcome), seconds_of(step), step.detail, run, static_cast<std::int64_t>(index)});
  return met(updated, fmt::format("step {} of run {} is not under way", index, run));
}

Status finish_run(Database& database, const RunRecord& run) {
  const auto updated = database.run("UPDATE runs SET ended = ?, outcome = ?, detail = ? WHERE id = ? AND ended IS NULL",
                                    {optional_value(run.ended), optional_word(run.outcome), run.detail, run.id});
  return met(updated, fmt::format("run {} is not under way", run.id));
}

Result<std::vector<RunRecord>> load_runs(Database& database, const std::string& condition,
                                         std::initializer_list<Value> values) {
  std::vector<RunRecord> runs;
  auto status =
      database.query("SELECT id, triggered_by, started, ended, outcome, changed, detail FROM runs WHERE " + condition,
                     values, [&](const Row& row) -> Status {
                       const auto outcome = run_outcome_of(row.text(4));
                       if (!outcome && !row.is_null(4)) return no_such_word(row.text(4));
                       runs.push_back({.id = row.integer(0),
                                       .trigger = row.text(1),
                                       .started = row.time(2),
                                       .ended = row.optional_time(3),
                                       .outcome = outcome,
                                       .changed = row.integer(5) != 0,
                                       .findings_before = {},
                                       .findings_after = {},
                                       .steps = {},
                                       .detail = row.text(6)});
                       return {};
                     });
  for (auto run = runs.begin(); status && run != runs.end(); ++run) {
    status = load_findings(database, *run);
    if (status) status = load_steps(database, *run);
  }
  if (!status) return tl::unexpected(status.error());
  return runs;
}

Status prune_runs(Database& database, std::int64_t kept) {
  const auto oldest_kept = database.integer("SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?", {kept - 1});
  if (!oldest_kept) return tl::unexpected(oldest_kept.error());
  if (!*oldest_kept) return {};
  const Value oldest = **oldest_kept;
  const auto pruned = database.run("DELETE FROM runs WHERE id < ? AND ended IS NOT NULL", {oldest});
  if (!pruned || *pruned == 0) return without_count(pruned);
  for (const auto* sql : {"DELETE FROM steps WHERE run < ? AND run NOT IN (SELECT id FROM runs)",
                          "DELETE FROM findings WHERE run < ? AND run NOT IN (SELECT id FROM runs)"}) {
    if (const auto swept = database.run(sql, {oldest}); !swept) return without_count(swept);
  }
  return {};
}

}  // namespace motoko::remediation
