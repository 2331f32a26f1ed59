// Several processes write the history at once, and are killed while they do.
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <thread>

#include "exporter/remediation/history_schema.h"
#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;

/// One run of the kind that a fix makes.
void write_run(History& history) {
  const auto id =
      must(history.begin_run("command line", {seen("/time", health::FindingCode::shutdown, "dead")}, at(0s)));
  must(history.mark_changed(id));
  constexpr std::array kSteps = {StepName::stop_samba, StepName::detach_layers, StepName::mount};
  for (std::size_t i = 0; i < kSteps.size(); ++i) {
    must(history.begin_step(id, i, step_of(kSteps.at(i), "/time")));
    must(history.end_step(id, i, step_of(kSteps.at(i), "/time", StepOutcome::done, 1s, "done")));
  }
  must(history.end_run(id, {.outcome = RunOutcome::fixed, .at = at(1s)}, {}));
}

class HistoryShared : public ::testing::Test {
 protected:
  ScratchDir dir_;
};

TEST_F(HistoryShared, TwoProcessesWriteAtOnceAndLoseNothing) {
  constexpr int kRuns = 8;
  std::vector<pid_t> writers;
  for (int writer = 0; writer < 2; ++writer) {
    writers.push_back(in_child([&] {
      auto history = must(History::open(dir_.path()));  // both may make the file
      for (int i = 0; i < kRuns; ++i) {
        write_run(history);
        if (must(history.runs()).empty()) return 1;
      }
      return 0;
    }));
  }
  for (const auto writer : writers) EXPECT_EQ(exit_code_of(writer), 0);
  auto history = must(History::open(dir_.path()));
  EXPECT_FALSE(history.moved_aside());
  const auto runs = must(history.runs());
  EXPECT_EQ(runs.size(), 2U * kRuns);
  for (const auto& run : runs) {
    EXPECT_EQ(run.outcome, RunOutcome::fixed);
    EXPECT_EQ(run.steps.size(), 3U);
  }
  EXPECT_EQ(must(history.outcome_totals()).at(RunOutcome::fixed), 2U * kRuns);
}

TEST_F(HistoryShared, ManyProcessesThatMakeTheFileAtOnceAgree) {
  std::vector<pid_t> writers;
  for (int i = 0; i < 8; ++i)
    writers.push_back(in_child([&] {
      auto history = History::open(dir_.path());
      return history && !history->moved_aside() && history->record(short_run(RunOutcome::healthy, at(0s))) ? 0 : 1;
    }));
  for (const auto writer : writers) EXPECT_EQ(exit_code_of(writer), 0);
  EXPECT_EQ(must(must(History::open(dir_.path())).runs()).size(), 8U);
}

TEST_F(HistoryShared, ManyProcessesThatFindItDamagedMoveItAsideOnce) {
  std::ofstream(dir_.path("history.db")) << "damaged, and longer than the header of SQLite " << std::string(200, 'x');
  std::vector<pid_t> writers;
  for (int i = 0; i < 8; ++i)
    writers.push_back(in_child([&] {
      auto history = History::open(dir_.path());
      return history && history->record(short_run(RunOutcome::healthy, at(0s))) ? 0 : 1;
    }));
  for (const auto writer : writers) EXPECT_EQ(exit_code_of(writer), 0);
  EXPECT_EQ(must(must(History::open(dir_.path())).runs()).size(), 8U);
  int aside = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path()))
    aside += entry.path().filename().string().starts_with("history.db.corrupt") ? 1 : 0;
  EXPECT_EQ(aside, 1);
}

TEST_F(HistoryShared, KilledWriterLeavesASoundFileAndItsOpenRun) {
  std::mt19937 random(20261123);  // NOLINT: the same every time, on purpose
  std::uniform_int_distribution<int> milliseconds(1, 120);
  std::uint64_t fixed = 0;
  std::uint64_t interrupted = 0;
  for (int i = 0; i < 20; ++i) {
    const auto writer = in_child([&] {
      auto history = must(History::open(dir_.path()));
      for (;;) write_run(history);
      return 0;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
    ::kill(writer, SIGKILL);
    EXPECT_EQ(exit_code_of(writer), -1);

    auto history = must(History::open(dir_.path()));
    ASSERT_FALSE(history.moved_aside()) << "sound, by quick_check";
    const auto open = must(history.interrupt_open_runs(at(1h)));
    EXPECT_LE(open.size(), 1U);
    interrupted += open.size();
    for (const auto& run : open) {
      EXPECT_TRUE(run.detail.starts_with("killed ")) << run.detail;
      const auto state = must(history.gate_state(at(1h)));
      EXPECT_TRUE(!run.changed || !state.last_change) << "to be continued at once";
    }
    const auto totals = must(history.outcome_totals());
    fixed = totals.contains(RunOutcome::fixed) ? totals.at(RunOutcome::fixed) : 0;
    EXPECT_EQ(must(history.runs()).size(), fixed + interrupted) << "all or nothing";
  }
  EXPECT_GE(interrupted, 5U) << "the kills came in the middle of runs";
}

TEST_F(HistoryShared, WhatWasBegunIsThereWhileTheRunGoesOn) {
  auto writer = must(History::open(dir_.path()));
  auto reader = must(History::open_read_only(dir_.path()));
  const auto id = must(writer.begin_run("timer", {}, at(0s)));
  must(writer.begin_step(id, 0, step_of(StepName::stop_samba)));
  const auto run = must(reader.run(id));
  ASSERT_TRUE(run);
  ASSERT_EQ(run->steps.size(), 1U);
  EXPECT_FALSE(run->steps[0].outcome);
}

TEST_F(HistoryShared, LockedByAnotherForLongIsAnErrorThatSaysSo) {
  auto history = must(History::open(dir_.path()));
  auto other = must(Database::open(dir_.path("history.db"), Access::read_and_write));
  const auto transaction = must(Transaction::begin_write(other));
  const auto begun = history.begin_run("timer", {}, at(0s));
  ASSERT_FALSE(begun);
  EXPECT_TRUE(begun.error().is(std::errc::device_or_resource_busy));
  EXPECT_TRUE(history.runs()) << "reading goes on";
}

}  // namespace
}  // namespace motoko::remediation
