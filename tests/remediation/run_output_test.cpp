// Runs as JSON for programs and as text for people.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exporter/remediation/run_json.h"
#include "exporter/remediation/run_text.h"
#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;
using health::FindingCode;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

RunRecord fixed_run() {
  RunRecord run;
  run.id = 12;
  run.trigger = "webhook MotokoStorageMountFailed";
  run.started = at(0s);
  run.ended = at(14s);
  run.outcome = RunOutcome::fixed;
  run.changed = true;
  run.findings_before = {seen("/time", FindingCode::shutdown, "every access fails"),
                         seen("", FindingCode::smbd_down, "smbd does not run")};
  run.findings_after = {seen("/time", FindingCode::space_low, "3% left")};
  run.steps = {step_of(StepName::stop_samba, "", StepOutcome::done, 120ms, "smbd.service"),
               step_of(StepName::check_filesystem, "/time", StepOutcome::skipped, 0s, "no errors are recorded"),
               step_of(StepName::mount, "/z\xc3\xa4hler", StepOutcome::done, 1500ms)};
  run.detail = "all guarded mounts are healthy";
  return run;
}

RunRecord open_run() {
  RunRecord run;
  run.id = 13;
  run.trigger = "timer";
  run.started = at(1h);
  run.steps = {step_of(StepName::mount, "/time")};
  return run;
}

TEST(RunJson, HasEveryFieldOfTheContract) {
  EXPECT_EQ(json::parse(run_json(fixed_run())), json::parse(R"({
    "run": 12, "outcome": "fixed", "trigger": "webhook MotokoStorageMountFailed", "changed": true,
    "started": "2026-11-23T20:15:00Z", "ended": "2026-11-23T20:15:14Z", "detail": "all guarded mounts are healthy",
    "findings_before": [
      {"mountpoint": "/time", "code": "shutdown", "severity": "critical", "detail": "every access fails"},
      {"mountpoint": "", "code": "smbd_down", "severity": "critical", "detail": "smbd does not run"}],
    "findings_after": [
      {"mountpoint": "/time", "code": "space_low", "severity": "warning", "detail": "3% left"}],
    "steps": [
      {"name": "stop_samba", "mountpoint": "", "outcome": "done", "duration_seconds": 0.12, "detail": "smbd.service"},
      {"name": "check_filesystem", "mountpoint": "/time", "outcome": "skipped", "duration_seconds": 0.0,
       "detail": "no errors are recorded"},
      {"name": "mount", "mountpoint": "/zähler", "outcome": "done", "duration_seconds": 1.5, "detail": ""}]})"));
}

TEST(RunJson, WhatIsUnderWayHasNoOutcomeNoEndAndNoDuration) {
  const auto run = json::parse(run_json(open_run()));
  EXPECT_TRUE(run["outcome"].is_null());
  EXPECT_TRUE(run["ended"].is_null());
  EXPECT_TRUE(run["steps"][0]["outcome"].is_null());
  EXPECT_TRUE(run["steps"][0]["duration_seconds"].is_null());
  EXPECT_EQ(run["findings_before"], json::array());
}

TEST(RunJson, RunThatIsNotInTheHistoryHasNoNumber) {
  RunRecord run;
  run.outcome = RunOutcome::busy;
  EXPECT_TRUE(json::parse(run_json(run))["run"].is_null());
  EXPECT_EQ(json::parse(run_json(run))["outcome"], "busy");
}

TEST(RunJson, BytesThatAreNoTextDoNotBreakIt) {
  RunRecord run = fixed_run();
  run.trigger = run.detail = run.steps[0].detail = run.steps[0].mountpoint = "\xff\"\x1b";
  run.findings_before[0] = seen("/\xc3", FindingCode::io_error, "\x80");
  const auto parsed = json::parse(run_json(run));
  EXPECT_EQ(parsed["detail"], "\xef\xbf\xbd\"\x1b");
  EXPECT_EQ(parsed["findings_before"][0]["mountpoint"], "/\xef\xbf\xbd");
}

TEST(RunJson, HistoryIsAnArrayInTheGivenOrder) {
  EXPECT_EQ(history_json({}), "[]\n");
  const auto runs = json::parse(history_json({open_run(), fixed_run()}));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0], json::parse(run_json(open_run())));
  EXPECT_EQ(runs[1], json::parse(run_json(fixed_run())));
}

TEST(RunAsText, ShowsARunInFull) {
  EXPECT_EQ(run_text(fixed_run()),
            "run 12: fixed (webhook MotokoStorageMountFailed, 2026-11-23T20:15:00Z, took 14s)\n"
            "  all guarded mounts are healthy\n"
            "  before: critical /time shutdown: every access fails\n"
            "  before: critical smbd_down: smbd does not run\n"
            "  done       stop_samba                 120ms       smbd.service\n"
            "  skipped    check_filesystem  /time    0ms         no errors are recorded\n"
            "  done       mount             /z\xc3\xa4hler  1s 500ms\n"
            "  after: warning /time space_low: 3% left\n");
}

TEST(RunAsText, SaysWhatIsUnderWay) {
  EXPECT_EQ(run_text(open_run()),
            "run 13: under way (timer, 2026-11-23T21:15:00Z)\n"
            "  under way  mount             /time  -\n");
}

TEST(RunAsText, HistoryIsAnAlignedTableInTheGivenOrder) {
  auto jumped = fixed_run();
  jumped.id = 2;
  jumped.trigger = "timer";
  jumped.ended = at(-1s);
  EXPECT_EQ(history_text({open_run(), fixed_run(), jumped}),
            "RUN  STARTED               TOOK  OUTCOME    TRIGGER                           DETAIL\n"
            "13   2026-11-23T21:15:00Z  -     under way  timer\n"
            "12   2026-11-23T20:15:00Z  14s   fixed      webhook MotokoStorageMountFailed  all guarded mounts are "
            "healthy\n"
            "2    2026-11-23T20:15:00Z  ?     fixed      timer                             all guarded mounts are "
            "healthy\n");
  EXPECT_EQ(history_text({}), "There was no run yet.\n");
}

TEST(RunAsText, NothingThatWasRecordedMovesTheCursorOrMakesLines) {
  auto run = fixed_run();
  run.trigger = run.detail = run.steps[0].detail = run.steps[0].mountpoint = "a\x1b[31m\nb\rc\xc2\x9b\xff\n";
  run.findings_before[0] = seen("/\x1b", FindingCode::io_error, "x\ny");
  for (const auto& text : {run_text(run), history_text({run})}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
    EXPECT_THAT(text, Not(HasSubstr("\r")));
    EXPECT_THAT(text, HasSubstr("a?[31m b c?\xef\xbf\xbd"));
  }
  const auto table = history_text({run});
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2) << "a heading and one line";
}

}  // namespace
}  // namespace motoko::remediation
