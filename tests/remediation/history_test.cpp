// What is recorded is read back, whatever happened to the run; totals outlive the runs.
#include "exporter/remediation/history.h"

#include <gtest/gtest.h>

#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;
using health::FindingCode;

class HistoryTest : public ::testing::Test {
 protected:
  ScratchDir dir_;
  History history_ = must(History::open(dir_.path("state")));
};

TEST_F(HistoryTest, IsEmptyAtFirst) {
  EXPECT_TRUE(must(history_.runs()).empty());
  EXPECT_FALSE(must(history_.run(1)));
  EXPECT_TRUE(must(history_.outcome_totals()).empty());
  EXPECT_TRUE(must(history_.last_run_times()).empty());
  EXPECT_TRUE(must(history_.step_durations()).empty());
  EXPECT_EQ(must(history_.gate_state(at(0s))), GateState());
  EXPECT_FALSE(history_.moved_aside());
}

TEST_F(HistoryTest, ReadsBackAWholeRun) {
  RunRecord expected;
  expected.id = 1;
  expected.trigger = "webhook MotokoStorageMountFailed";
  expected.started = at(1ns);
  expected.ended = at(14s + 123'456'789ns);
  expected.outcome = RunOutcome::fixed;
  expected.changed = true;
  expected.findings_before = {seen("/time", FindingCode::shutdown, "it is shut down"),
                              seen("", FindingCode::smbd_down, "smbd does not run")};
  expected.findings_after = {seen("/time", FindingCode::space_low, "3% left")};
  expected.steps = {
      step_of(StepName::stop_samba, "", StepOutcome::done, 120ms, "smbd.service"),
      step_of(StepName::detach_layers, "/time", StepOutcome::done, 0.1s + 0.2s, std::string("a\0\xff", 3)),
      step_of(StepName::settle, "", StepOutcome::skipped)};
  expected.detail = "all is well";

  ASSERT_EQ(must(history_.begin_run(expected.trigger, expected.findings_before, expected.started)), 1);
  must(history_.mark_changed(1));
  for (std::size_t i = 0; i < expected.steps.size(); ++i) {
    must(history_.begin_step(1, i, expected.steps[i]));
    must(history_.end_step(1, i, expected.steps[i]));
  }
  must(history_.end_run(1, {RunOutcome::fixed, expected.detail, expected.findings_after, *expected.ended}, {}));
  EXPECT_EQ(must(history_.run(1)), expected);
  EXPECT_EQ(must(history_.runs()), std::vector{expected});
  auto again = must(History::open(dir_.path("state")));
  EXPECT_EQ(must(again.run(1)), expected) << "after the file was opened again";
  EXPECT_EQ(must(must(History::open_read_only(dir_.path("state"))).run(1)), expected);
}

TEST_F(HistoryTest, RecordsARunThatEndedAtOnceWithItsSteps) {
  auto run = short_run(RunOutcome::shadow, at(0s));
  run.findings_before = {seen("/time", FindingCode::not_mounted, "nothing there")};
  run.findings_after = run.findings_before;
  run.steps = {step_of(StepName::mount, "/time", StepOutcome::skipped, 0s, "would mount it")};
  run.detail = "shadow";
  run.id = 77;
  const auto id = must(history_.record(run));
  EXPECT_EQ(id, 1);
  run.id = id;
  EXPECT_EQ(must(history_.run(id)), run);
}

TEST_F(HistoryTest, RecordsOnlyRunsAtOnceThatChangedNothing) {
  for (const auto outcome : {RunOutcome::fixed, RunOutcome::failed, RunOutcome::busy, RunOutcome::interrupted})
    EXPECT_FALSE(history_.record(short_run(outcome, at(0s)))) << to_string(outcome);
  auto changed = short_run(RunOutcome::healthy, at(0s));
  changed.changed = true;
  EXPECT_FALSE(history_.record(changed));
  EXPECT_FALSE(history_.record(RunRecord{}));
  EXPECT_TRUE(must(history_.runs()).empty());
}

TEST_F(HistoryTest, GivesRunsNewestFirstAndNoMoreThanAsked) {
  for (int i = 0; i < 5; ++i) must(history_.record(short_run(RunOutcome::healthy, at(-1h * i))));
  const auto runs = must(history_.runs(3));
  ASSERT_EQ(runs.size(), 3U);
  EXPECT_EQ(runs[0].id, 5) << "by number, whatever the clock said";
  EXPECT_EQ(runs[2].id, 3);
}

TEST_F(HistoryTest, ShowsAStepThatIsUnderWay) {
  const auto id = must(history_.begin_run("timer", {}, at(0s)));
  must(history_.begin_step(id, 0, step_of(StepName::mount, "/time", StepOutcome::done)));
  const auto run = must(history_.run(id));
  EXPECT_FALSE(run->ended);
  EXPECT_FALSE(run->outcome);
  ASSERT_EQ(run->steps.size(), 1U);
  EXPECT_FALSE(run->steps[0].outcome);
}

TEST_F(HistoryTest, RefusesWhatDoesNotFitTheRunsState) {
  const auto step = step_of(StepName::mount, "/time", StepOutcome::done);
  EXPECT_TRUE(history_.begin_step(1, 0, step).error().is(std::errc::invalid_argument)) << "no such run";
  const auto id = must(history_.begin_run("timer", {}, at(0s)));
  EXPECT_TRUE(history_.end_step(id, 0, step).error().is(std::errc::invalid_argument)) << "not begun";
  must(history_.begin_step(id, 0, step));
  EXPECT_FALSE(history_.end_step(id, 0, step_of(StepName::mount, "/time"))) << "without an outcome";
  must(history_.end_step(id, 0, step));
  EXPECT_TRUE(history_.end_step(id, 0, step).error().is(std::errc::invalid_argument)) << "ended before";
  EXPECT_FALSE(history_.end_run(id, {.outcome = RunOutcome::busy, .at = at(1s)}, {}));
  must(history_.end_run(id, {.outcome = RunOutcome::failed, .at = at(1s)}, {}));
  EXPECT_TRUE(
      history_.end_run(id, {.outcome = RunOutcome::fixed, .at = at(2s)}, {}).error().is(std::errc::invalid_argument));
  EXPECT_FALSE(history_.begin_step(id, 1, step));
  EXPECT_FALSE(history_.mark_changed(id));
  EXPECT_EQ(must(history_.outcome_totals()), (OutcomeTotals{{RunOutcome::failed, 1}})) << "counted once";
}

TEST_F(HistoryTest, EndsOpenRunsAsInterruptedAndNamesTheirStep) {
  must(history_.record(short_run(RunOutcome::healthy, at(0s))));
  const auto before_steps = must(history_.begin_run("timer", {}, at(1s)));
  const auto in_step = must(history_.begin_run("timer", {}, at(2s)));
  must(history_.begin_step(in_step, 0, step_of(StepName::stop_samba)));
  must(history_.end_step(in_step, 0, step_of(StepName::stop_samba, "", StepOutcome::done)));
  must(history_.begin_step(in_step, 1, step_of(StepName::detach_layers, "/time")));
  const auto between = must(history_.begin_run("timer", {}, at(3s)));
  must(history_.begin_step(between, 0, step_of(StepName::stop_samba)));
  must(history_.end_step(between, 0, step_of(StepName::stop_samba, "", StepOutcome::done)));

  const auto interrupted = must(history_.interrupt_open_runs(at(1h)));
  ASSERT_EQ(interrupted.size(), 3U);
  EXPECT_EQ(interrupted[0].id, between);
  EXPECT_EQ(interrupted[0].detail, "killed after stop_samba");
  EXPECT_EQ(interrupted[1].id, in_step);
  EXPECT_EQ(interrupted[1].detail, "killed while it was in detach_layers of /time");
  EXPECT_EQ(interrupted[2].id, before_steps);
  EXPECT_EQ(interrupted[2].detail, "killed before its first step");
  for (const auto& run : interrupted) {
    EXPECT_EQ(run.outcome, RunOutcome::interrupted);
    EXPECT_EQ(run.ended, at(1h));
    EXPECT_EQ(must(history_.run(run.id)), run) << "returned as recorded";
  }
  EXPECT_TRUE(must(history_.interrupt_open_runs(at(2h))).empty()) << "once";
  EXPECT_EQ(must(history_.outcome_totals()).at(RunOutcome::interrupted), 3U);
}

TEST_F(HistoryTest, KeepsTheNewestThousandRunsAndAllTotals) {
  const auto open = must(history_.begin_run("timer", {}, at(0s)));
  auto run = short_run(RunOutcome::refused, at(0s));
  run.steps = {step_of(StepName::mount, "/time", StepOutcome::failed, 1s)};
  run.findings_before = {seen("/time", FindingCode::device_missing, "unplugged")};
  const auto first = must(history_.record(run));
  auto database = must(Database::open(dir_.path("state/history.db"), Access::read_and_write));
  must(database.run(  // in one transaction, because a thousand take half a minute
      "INSERT INTO runs (triggered_by, started, ended, outcome) "
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
      "SELECT 'timer', i, i, 'healthy' FROM n"));
  EXPECT_EQ(must(history_.runs()).back().id, first) << "a thousand and the open one";
  run.ended = at(9s);
  const auto last = must(history_.record(run));

  const auto runs = must(history_.runs(kKeptRuns * 2));
  ASSERT_EQ(runs.size(), kKeptRuns);
  EXPECT_EQ(runs.front().id, last);
  EXPECT_EQ(runs.back().id, first + 1);
  EXPECT_FALSE(must(history_.run(first)));
  EXPECT_TRUE(must(history_.run(open))) << "a run that is under way is never removed";
  EXPECT_EQ(must(history_.outcome_totals()), (OutcomeTotals{{RunOutcome::refused, 2}}));
  EXPECT_EQ(must(history_.last_run_times()), (LastRunTimes{{RunOutcome::refused, at(9s)}}));
  EXPECT_EQ(must(database.integer("SELECT count(*) FROM findings")), 1) << "nothing is left over";
  EXPECT_EQ(must(database.integer("SELECT count(*) FROM steps")), 1);
}

TEST_F(HistoryTest, CountsStepDurationsByBucket) {
  const auto id = must(history_.begin_run("timer", {}, at(0s)));
  const std::vector steps = {step_of(StepName::mount, "/time", StepOutcome::done, 10ms),
                             step_of(StepName::mount, "/space", StepOutcome::failed, 11ms),
                             step_of(StepName::mount, "/flux", StepOutcome::done, 2h),
                             step_of(StepName::settle, "", StepOutcome::skipped, 1s),
                             step_of(StepName::settle, "", StepOutcome::refused, 1s),
                             step_of(StepName::stop_samba, "", StepOutcome::done, -5s)};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    must(history_.begin_step(id, i, steps[i]));
    must(history_.end_step(id, i, steps[i]));
  }
  const auto durations = must(history_.step_durations());
  ASSERT_EQ(durations.size(), 2U) << "steps that were skipped or refused took no time";
  const auto& mount = durations.at(StepName::mount);
  EXPECT_EQ(mount.counts.at(0), 1U) << "bounds are inclusive";
  EXPECT_EQ(mount.counts.at(1), 1U);
  EXPECT_EQ(mount.counts.back(), 1U);
  EXPECT_DOUBLE_EQ(mount.sum_seconds, 7200.021);
  EXPECT_EQ(durations.at(StepName::stop_samba).sum_seconds, 0) << "the clock ran backwards";
}

TEST_F(HistoryTest, CutsOffDetailsThatNobodyWouldRead) {
  auto run = short_run(RunOutcome::refused, at(0s));
  run.detail = std::string(10'000'000, 'x');
  EXPECT_EQ(must(history_.run(must(history_.record(run))))->detail, std::string(64 * 1024, 'x'));
}

TEST_F(HistoryTest, ReadOnlyWritesNothing) {
  auto reader = must(History::open_read_only(dir_.path("state")));
  EXPECT_TRUE(reader.begin_run("timer", {}, at(0s)).error().is(std::errc::permission_denied));
  EXPECT_TRUE(reader.reset_circuit().error().is(std::errc::permission_denied));
  EXPECT_TRUE(must(history_.runs()).empty());
}

TEST_F(HistoryTest, GoesOnInANewFileWhereTheOldOneWasRemoved) {
  must(history_.record(short_run(RunOutcome::healthy, at(0s))));
  std::filesystem::remove(dir_.path("state/history.db"));
  must(history_.record(short_run(RunOutcome::refused, at(1s))));
  auto again = must(History::open(dir_.path("state")));
  ASSERT_EQ(must(again.runs()).size(), 1U);
  EXPECT_EQ(must(again.runs())[0].outcome, RunOutcome::refused);
}

}  // namespace
}  // namespace motoko::remediation
