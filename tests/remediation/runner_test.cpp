#include "exporter/remediation/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/remediation/fake_host.h"

namespace motoko::remediation {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Heard : public RunListener {
 public:
  void run_began(const std::vector<SeenFinding>&) override {}
  void step_began(std::size_t index, const StepRecord& step) override {
    EXPECT_EQ(index, ended.size());
    EXPECT_FALSE(step.outcome);
    began.push_back(step);
  }
  void step_ended(std::size_t index, const StepRecord& step) override {
    EXPECT_EQ(index, ended.size());
    ended.push_back(step);
  }
  std::vector<StepRecord> began;
  std::vector<StepRecord> ended;
};

struct Ran {
  RunResult result;
  Heard heard;
};

Ran run(FakeHost& host) {
  const auto seen = host.seen();
  Ran ran;
  ran.result = run_plan(make_plan(seen, health::evaluate(seen), table_of(seen)), host, StepPolicy{}, ran.heard);
  EXPECT_EQ(ran.result.steps, ran.heard.ended);
  EXPECT_EQ(ran.heard.began.size(), ran.heard.ended.size());
  return ran;
}

/// "stop_samba", "mount /time skipped": the outcome where it is not done.
std::vector<std::string> lines(const RunResult& result) {
  std::vector<std::string> text;
  for (const auto& step : result.steps) {
    std::string line(to_string(step.name));
    if (!step.mountpoint.empty()) line += " " + step.mountpoint;
    if (step.outcome != StepOutcome::done) line += " " + std::string(to_string(*step.outcome));
    text.push_back(line);
  }
  return text;
}

using Lines = std::vector<std::string>;

TEST(Runner, CuresTheIncidentAndTouchesNoOtherMount) {
  FakeHost host(host_with({incident_on_time(), mount_named("/space", "sdd2", 50)}));
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::fixed) << ran.result.detail;
  EXPECT_EQ(lines(ran.result),
            (Lines{"stop_samba", "detach_layers /time", "release_holders /time", "check_filesystem /time",
                   "mount /time", "verify_mount /time", "start_samba", "verify_samba", "settle"}));
  EXPECT_EQ(changes(host), (Calls{"stop samba", "detach /time", "detach /time", "check /dev/sdd1",
                                  "mount /dev/sdd1 on /time", "start samba"}));
}

TEST(Runner, StartsSambaAloneInTwoSteps) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  (void)host.DryRunHost::stop_samba({});
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::fixed);
  EXPECT_EQ(lines(ran.result), (Lines{"start_samba", "verify_samba"}));
}

TEST(Runner, PeelsWithoutTouchingSamba) {
  auto mount = mount_named("/time", "sdb1", 17);
  mount.layers->push_back(mount.layers->front());
  mount.layers->back().layer.id = 200;
  FakeHost host(host_with({mount}));
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::fixed) << ran.result.detail;
  EXPECT_EQ(lines(ran.result), (Lines{"detach_layers /time", "verify_mount /time", "settle"}));
  EXPECT_EQ(changes(host), Calls{"detach /time"});
}

TEST(Runner, TouchesNoMountWhereSambaCannotBeStopped) {
  FakeHost host(host_with({incident_on_time()}));
  host.fail_on("stop samba");
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::failed);
  EXPECT_EQ(changes(host), Calls{"stop samba"});
  EXPECT_THAT(ran.result.detail, Not(HasSubstr("left stopped")));
}

TEST(Runner, DetachesChildrenFirstAndMountsParentsFirst) {
  auto inner = incident_on_time();
  inner.guard.path = "/time/inner";
  inner.candidates = mount_named("/time/inner", "sde1", 65).candidates;
  inner.guard.device = mount_named("/time/inner", "sde1", 65).guard.device;
  for (auto& layer : *inner.layers) layer.layer.target = "/time/inner";
  FakeHost host(host_with({incident_on_time(), inner}));
  run(host);
  EXPECT_EQ(changes(host), (Calls{"stop samba", "detach /time/inner", "detach /time/inner", "detach /time",
                                  "detach /time", "check /dev/sdd1", "mount /dev/sdd1 on /time", "check /dev/sde1",
                                  "mount /dev/sde1 on /time/inner", "start samba"}));
}

TEST(Runner, CuresTheOtherMountWhereOneFailsAndLeavesSambaStopped) {
  auto space = mount_named("/space", "sde1", 65);
  space.layers->clear();
  space.probes.reset();
  FakeHost host(host_with({incident_on_time(), space}));
  host.fail_on("mount /dev/sdd1 on /time");
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::failed);
  EXPECT_EQ(lines(ran.result),
            (Lines{"stop_samba", "detach_layers /space", "detach_layers /time", "release_holders /time",
                   "check_filesystem /time", "mount /time failed", "verify_mount /time skipped",
                   "release_holders /space", "check_filesystem /space skipped", "mount /space", "verify_mount /space",
                   "start_samba skipped", "verify_samba skipped"}));
  EXPECT_THAT(ran.result.detail, HasSubstr("mount of /time failed: made to fail"));
  EXPECT_THAT(ran.result.detail, HasSubstr("Samba is left stopped"));
  EXPECT_FALSE(host.smbd_runs());
}

TEST(Runner, LeavesSambaStoppedWhereTheFileSystemCannotBeRepaired) {
  FakeHost host(host_with({incident_on_time()}));
  host.recorded_errors = true;
  host.check = {.exit_code = 4, .said = "UNEXPECTED INCONSISTENCY"};
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::failed);
  EXPECT_THAT(ran.result.detail, HasSubstr("UNEXPECTED INCONSISTENCY"));
  EXPECT_THAT(ran.result.detail, HasSubstr("Samba is left stopped"));
  EXPECT_EQ(changes(host), (Calls{"stop samba", "detach /time", "detach /time", "check /dev/sdd1"}));
}

TEST(Runner, FailsWhereAMountDoesNotStay) {
  FakeHost host(host_with({incident_on_time()}));
  host.dies_after_wait = "/time";
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::failed);
  EXPECT_FALSE(host.smbd_runs()) << "it must not serve a bare mountpoint";
}

TEST(Runner, MountsNothingBelowAMountThatFailed) {
  auto inner = mount_named("/time/inner", "sde1", 65);
  inner.layers->front().layer.parent_id = 41;  // on the top layer of /time
  FakeHost host(host_with({incident_on_time(), inner}));
  host.fail_on("mount /dev/sdd1 on /time");
  const auto ran = run(host);
  EXPECT_EQ(ran.result.outcome, RunOutcome::failed);
  EXPECT_THAT(changes(host), Not(::testing::Contains("mount /dev/sde1 on /time/inner")));
  EXPECT_FALSE(host.smbd_runs());
}

TEST(Runner, NeverStartsSambaWhereAnyStepOfAnyMountFails) {
  for (const auto* action : {"detach /time", "mount /dev/sdd1 on /time", "open /dev/sdd1"}) {
    FakeHost host(host_with({incident_on_time(), mount_named("/space", "sdd2", 50)}));
    host.fail_on(action);
    const auto ran = run(host);
    EXPECT_EQ(ran.result.outcome, RunOutcome::failed) << action;
    EXPECT_FALSE(host.smbd_runs()) << action;
    EXPECT_EQ(host.mount_at("/space").layers->size(), 1U) << action;
  }
}

}  // namespace
}  // namespace motoko::remediation
