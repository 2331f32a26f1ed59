#include "exporter/remediation/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "exporter/remediation/gate_facts.h"
#include "exporter/remediation/history_file.h"
#include "exporter/remediation/results.h"
#include "exporter/remediation/run_rows.h"

namespace motoko::remediation {
namespace {

std::string described(const StepRecord& step) {
  return step.mountpoint.empty() ? std::string(to_string(step.name))
                                 : fmt::format("{} of {}", to_string(step.name), step.mountpoint);
}

/// For people: how far a run came that was killed.
std::string interruption_of(const RunRecord& run) {
  const auto open = std::find_if(run.steps.rbegin(), run.steps.rend(), [](const auto& step) { return !step.outcome; });
  if (open != run.steps.rend()) return fmt::format("killed while it was in {}", described(*open));
  if (run.steps.empty()) return "killed before its first step";
  return fmt::format("killed after {}", described(run.steps.back()));
}

}  // namespace

History::History(std::string state_dir, std::optional<Database> database, Access access) noexcept
    : state_dir_(std::move(state_dir)), access_(access), database_(std::move(database)) {}

Result<History> History::open(const std::string& state_dir) {
  auto file = open_history_file(state_dir);
  if (!file) return base::with_context(file.error(), "open the history");
  History history(state_dir, std::move(file->database), Access::read_and_write);
  history.moved_aside_ = std::move(file->moved_aside);
  return history;
}

Result<History> History::open_read_only(const std::string& state_dir) {
  auto database = open_history_file_read_only(state_dir);
  if (!database) return base::with_context(database.error(), "open the history");
  return History(state_dir, std::move(*database), Access::read);
}

Status History::follow_file() {
  if (access_ == Access::read || !database_->moved()) return {};
  auto file = open_history_file(state_dir_);
  if (!file) return tl::unexpected(file.error());
  database_ = std::move(file->database);
  if (file->moved_aside) moved_aside_ = std::move(file->moved_aside);
  return {};
}

Status History::write(std::string_view what, const std::function<Status(Database&)>& body) {
  const auto context = fmt::format("{} in the history (remediation.state_dir says where)", what);
  if (access_ == Access::read)
    return base::with_context({std::make_error_code(std::errc::permission_denied), "opened for reading"}, context);
  if (const auto status = follow_file(); !status) return base::with_context(status.error(), context);
  auto transaction = Transaction::begin_write(*database_);
  if (!transaction) return base::with_context(transaction.error(), context);
  auto status = body(*database_);
  if (status) status = transaction->commit();
  if (!status) return base::with_context(status.error(), context);
  return {};
}

Status History::read(const std::function<Status(Database&)>& body) {
  if (!database_) return {};
  auto status = follow_file();
  if (status) {
    const auto transaction = Transaction::begin_read(*database_);
    status = transaction ? body(*database_) : Status(tl::unexpected(transaction.error()));
  }
  if (!status) return base::with_context(status.error(), "read the history");
  return {};
}

Result<std::int64_t> History::begin_run(const std::string& trigger, const std::vector<SeenFinding>& findings_before,
                                        base::WallTime now) {
  RunRecord run;
  run.trigger = trigger;
  run.started = now;
  const auto status = write("begin a run", [&](Database& database) {
    auto begun = take(insert_run(database, run), run.id);
    return begun ? insert_findings(database, run.id, Moment::before, findings_before) : begun;
  });
  return result_of(status, run.id);
}

Status History::begin_step(std::int64_t run, std::size_t index, const StepRecord& step) {
  StepRecord begun = step;
  begun.outcome.reset();
  return write("begin a step", [&](Database& database) -> Status {
    const auto open = database.integer("SELECT id FROM runs WHERE id = ? AND ended IS NULL", {run});
    if (!open) return tl::unexpected(open.error());
    if (!*open) return base::failure(std::errc::invalid_argument, fmt::format("run {} is not under way", run));
    return insert_step(database, run, index, begun);
  });
}

Status History::end_step(std::int64_t run, std::size_t index, const StepRecord& step) {
  return write("end a step", [&](Database& database) -> Status {
    if (!step.outcome) return base::failure(std::errc::invalid_argument, "a step that ended has an outcome");
    auto status = finish_step(database, run, index, step);
    return status ? count_step(database, step) : status;
  });
}

Status History::mark_changed(std::int64_t run) {
  return write("mark a run", [&](Database& database) -> Status {
    const auto marked = database.run("UPDATE runs SET changed = 1 WHERE id = ? AND ended IS NULL", {run});
    if (!marked) return tl::unexpected(marked.error());
    if (*marked == 0) return base::failure(std::errc::invalid_argument, fmt::format("run {} is not under way", run));
    return {};
  });
}

Status History::end_run(std::int64_t run, const RunEnd& end, const GatePolicy& policy) {
  return write("end a run", [&](Database& database) -> Status {
    if (end.outcome == RunOutcome::busy || end.outcome == RunOutcome::interrupted)
      return base::failure(std::errc::invalid_argument, "no run ends itself as busy or interrupted");
    RunRecord ended;
    ended.id = run;
    ended.outcome = end.outcome;
    ended.detail = end.detail;
    ended.ended = end.at;
    const auto changed = database.integer("SELECT changed FROM runs WHERE id = ?", {run});
    if (!changed) return tl::unexpected(changed.error());
    ended.changed = changed->value_or(0) != 0;
    auto status = end_in(database, ended, policy);
    return status ? insert_findings(database, run, Moment::after, end.findings_after) : status;
  });
}

Status History::end_in(Database& database, RunRecord& run, const GatePolicy& policy) {
  auto status = finish_run(database, run);
  if (status) status = count_run(database, *run.outcome, *run.ended);
  if (status) status = note_end(database, run, policy);
  if (status) status = prune_runs(database, kKeptRuns);
  return status;
}

Result<std::int64_t> History::record(const RunRecord& run) {
  constexpr std::array kAtOnce = {RunOutcome::healthy, RunOutcome::refused, RunOutcome::suppressed, RunOutcome::shadow};
  std::int64_t id = 0;
  const auto status = write("record a run", [&](Database& database) -> Status {
    if (!run.ended || !run.outcome || run.changed ||
        std::find(kAtOnce.begin(), kAtOnce.end(), *run.outcome) == kAtOnce.end())
      return base::failure(std::errc::invalid_argument, "only a run that changed nothing is recorded at once");
    auto done = take(insert_run(database, run), id);
    if (done) done = insert_findings(database, id, Moment::before, run.findings_before);
    if (done) done = insert_findings(database, id, Moment::after, run.findings_after);
    for (std::size_t index = 0; done && index < run.steps.size(); ++index) {
      done = insert_step(database, id, index, run.steps[index]);
    }
    if (done) done = count_run(database, *run.outcome, *run.ended);
    if (done) done = prune_runs(database, kKeptRuns);
    return done;
  });
  return result_of(status, id);
}

Result<std::vector<RunRecord>> History::interrupt_open_runs(base::WallTime now) {
  std::vector<RunRecord> runs;
  const auto status = write("end interrupted runs", [&](Database& database) {
    auto done = take(load_runs(database, "ended IS NULL ORDER BY id DESC", {}), runs);
    for (auto run = runs.begin(); done && run != runs.end(); ++run) {
      run->ended = now;
      run->outcome = RunOutcome::interrupted;
      run->detail = interruption_of(*run);
      done = end_in(database, *run, GatePolicy{});
    }
    return done;
  });
  return result_of(status, std::move(runs));
}

}  // namespace motoko::remediation
