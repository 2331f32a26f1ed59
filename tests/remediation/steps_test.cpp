// Each step alone: what success, failure and running out of time look like.
#include "exporter/remediation/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/remediation/fake_host.h"

namespace motoko::remediation {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const StepPolicy kPolicy;

MountPlan time_plan() {
  return {.guard = incident_on_time().guard, .cure = Cure::remount, .errors_seen = false, .suspect = true};
}

FakeHost incident() {
  return FakeHost(host_with({incident_on_time()}));
}

/// /time with every layer detached.
FakeHost detached() {
  auto host = incident();
  host.mount_at("/time").layers->clear();
  return host;
}

TEST(StopSamba, IsDoneOnlyWhenNoSmbdIsLeft) {
  auto host = incident();
  host.smbd_lingers = 5;
  const auto result = stop_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::done) << result.detail;
  EXPECT_EQ(host.smbd_lingers, 0);
}

TEST(StopSamba, FailsWhereAnSmbdStaysThoughTheStopSucceeded) {
  auto host = incident();
  host.smbd_lingers = 1'000'000;
  const auto result = stop_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("smbd (pid 4242) still runs"));
  EXPECT_GE(host.waited, kPolicy.smbd_gone);
}

TEST(StopSamba, FailsWithTheReasonOfTheOneThatControlsIt) {
  auto host = incident();
  host.fail_on("stop samba");
  const auto result = stop_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("made to fail"));
}

TEST(StopSamba, ThatWentHalfWaySaysThatSambaIsStopped) {
  auto host = incident();
  host.smbd_lingers = 1'000'000;  // the stop succeeded, and something of it stays
  EXPECT_TRUE(stop_samba(host, kPolicy).samba_is_stopped);
  auto refused = incident();
  refused.fail_on("stop samba");
  EXPECT_FALSE(stop_samba(refused, kPolicy).samba_is_stopped) << "it serves as before";
}

TEST(StopSamba, IsDoneWhereNoSmbdIsLeftThoughTheStopFailed) {
  auto host = incident();
  host.lie_about("stop samba");
  EXPECT_EQ(stop_samba(host, kPolicy).outcome, StepOutcome::done);
}

TEST(DetachLayers, TakesEveryLayer) {
  auto host = incident();
  const auto result = detach_layers(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::done) << result.detail;
  EXPECT_THAT(result.detail, HasSubstr("2 layers detached: /dev/sdc1, /dev/sdb1"));
  EXPECT_TRUE(host.layers("/time")->empty());
}

TEST(DetachLayers, LeavesTheLowestOneWhereTheOthersAreSuperfluous) {
  auto host = incident();
  auto plan = time_plan();
  plan.cure = Cure::peel;
  EXPECT_EQ(detach_layers(host, kPolicy, plan).outcome, StepOutcome::done);
  EXPECT_EQ(host.layers("/time")->size(), 1U);
}

TEST(DetachLayers, IsJudgedByTheMountTableAndNotByTheCall) {
  auto host = incident();
  host.lie_about("detach /time");
  EXPECT_EQ(detach_layers(host, kPolicy, time_plan()).outcome, StepOutcome::done);
  auto stuck = incident();
  stuck.layer_stays = true;
  const auto result = detach_layers(stuck, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("/dev/sdc1 could not be detached"));
}

TEST(DetachLayers, StopsAfterTheFirstLayerThatTimesOut) {
  auto host = incident();
  host.fail_on("detach /time", broken(std::errc::timed_out));
  EXPECT_EQ(detach_layers(host, kPolicy, time_plan()).outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host), Calls{"detach /time"});
}

TEST(DetachLayers, StopsAfterABoundWhereLayersKeepAppearing) {
  class Refilling : public FakeHost {
   public:
    using FakeHost::FakeHost;
    Status detach_top_layer(const std::string& path, milliseconds deadline) override {
      const auto detached = FakeHost::detach_top_layer(path, deadline);
      auto layer = *incident_on_time().layers;
      layer.back().layer.id = ++next_id_;
      mount_at(path).layers->push_back(layer.back());
      return detached;
    }

   private:
    int next_id_ = 1000;
  };
  Refilling host(host_with({incident_on_time()}));
  const auto result = detach_layers(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host).size(), kMaxLayers);
}

TEST(ReleaseHolders, IsDoneWhereTheDeviceIsFree) {
  auto host = detached();
  EXPECT_EQ(release_holders(host, kPolicy, time_plan()).outcome, StepOutcome::done);
}

TEST(ReleaseHolders, NamesWhatHoldsTheDeadFileSystemAndEndsNothing) {
  auto host = detached();
  host.holders = {{.pid = 4711, .name = "rsync", .how = "an open file"}};
  const auto result = release_holders(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("rsync (pid 4711): an open file"));
  EXPECT_EQ(changes(host), Calls{});
}

TEST(ReleaseHolders, WaitsLongerForWhatNobodyHolds) {
  auto host = detached();
  host.held_without_a_name = true;
  const auto result = release_holders(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("by nothing that procfs shows"));
  EXPECT_GE(host.waited, kPolicy.release);
}

TEST(ReleaseHolders, EndsThemWhereThatIsConfigured) {
  auto host = detached();
  host.holders = {{.pid = 4711, .name = "rsync", .how = "an open file"}};
  auto policy = kPolicy;
  policy.kill_holders = true;
  const auto result = release_holders(host, policy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::done) << result.detail;
  EXPECT_EQ(changes(host), Calls{"end holders"});
  EXPECT_THAT(result.detail, HasSubstr("rsync (pid 4711)"));
}

TEST(ReleaseHolders, FailsWhereTheyDoNotEnd) {
  auto host = detached();
  host.holders = {{.pid = 4711, .name = "rsync", .how = "an open file"}};
  host.fail_on("end holders");
  auto policy = kPolicy;
  policy.kill_holders = true;
  EXPECT_EQ(release_holders(host, policy, time_plan()).outcome, StepOutcome::failed);
}

TEST(ReleaseHolders, LetsASoundFileSystemThatIsHeldBeMountedAgain) {
  auto host = detached();
  host.held_without_a_name = true;
  host.flags = observation::SuperblockFlags{};
  auto plan = time_plan();
  plan.suspect = false;
  EXPECT_EQ(release_holders(host, kPolicy, plan).outcome, StepOutcome::done);
}

TEST(ReleaseHolders, NeverLetsADeadOneOrADoubtfulOneBeMountedAgain) {
  auto host = detached();
  host.held_without_a_name = true;
  auto plan = time_plan();
  plan.suspect = false;
  EXPECT_EQ(release_holders(host, kPolicy, plan).outcome, StepOutcome::failed) << "its flags are not known";
  host.flags = observation::SuperblockFlags{.read_only = false, .emergency_ro = false, .shutdown = true};
  EXPECT_EQ(release_holders(host, kPolicy, plan).outcome, StepOutcome::failed);
  host.flags = observation::SuperblockFlags{.read_only = true, .emergency_ro = false, .shutdown = false};
  EXPECT_EQ(release_holders(host, kPolicy, plan).outcome, StepOutcome::failed);
}

TEST(ReleaseHolders, FailsWhereTheDiskWentAwayMeanwhile) {
  auto host = detached();
  host.mount_at("/time").candidates->clear();
  const auto result = release_holders(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("no block device is UUID="));
}

TEST(ReleaseHolders, TellsAnotherProgramsUseOfTheDeviceFromADeadFileSystem) {
  auto host = detached();
  host.held_without_a_name = true;
  host.alive = false;
  const auto result = release_holders(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("e2fsck, LVM or md"));
}

TEST(CheckFilesystem, IsSkippedWithoutRecordedErrors) {
  auto host = detached();
  EXPECT_EQ(check_filesystem(host, kPolicy, time_plan()).outcome, StepOutcome::skipped);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(CheckFilesystem, RunsWhereErrorsAreRecordedOnTheDiskOrWereSeenBefore) {
  auto recorded = detached();
  recorded.recorded_errors = true;
  EXPECT_EQ(check_filesystem(recorded, kPolicy, time_plan()).outcome, StepOutcome::done);
  EXPECT_EQ(changes(recorded), Calls{"check /dev/sdd1"});
  auto seen = detached();
  auto plan = time_plan();
  plan.errors_seen = true;
  EXPECT_EQ(check_filesystem(seen, kPolicy, plan).outcome, StepOutcome::done);
  EXPECT_EQ(changes(seen), Calls{"check /dev/sdd1"});
}

TEST(CheckFilesystem, FollowsThePolicy) {
  auto policy = kPolicy;
  policy.fsck = FsckPolicy::never;
  auto never = detached();
  never.recorded_errors = true;
  EXPECT_EQ(check_filesystem(never, policy, time_plan()).outcome, StepOutcome::skipped);
  policy.fsck = FsckPolicy::always;
  auto always = detached();
  EXPECT_EQ(check_filesystem(always, policy, time_plan()).outcome, StepOutcome::done);
}

TEST(CheckFilesystem, StopsTheRunFromExitCodeFourOn) {
  for (const auto& [code, outcome] : std::map<int, StepOutcome>{{0, StepOutcome::done},
                                                                {1, StepOutcome::done},
                                                                {2, StepOutcome::done},
                                                                {4, StepOutcome::failed},
                                                                {8, StepOutcome::failed},
                                                                {12, StepOutcome::failed},
                                                                {-1, StepOutcome::failed}}) {
    auto host = detached();
    host.recorded_errors = true;
    host.check = {.exit_code = code, .said = "it said so"};
    const auto result = check_filesystem(host, kPolicy, time_plan());
    EXPECT_EQ(result.outcome, outcome) << code;
    EXPECT_THAT(result.detail, HasSubstr("it said so"));
  }
}

TEST(CheckFilesystem, FailsWhereItDoesNotEndInTime) {
  auto host = detached();
  host.recorded_errors = true;
  host.fail_on("check /dev/sdd1", broken(std::errc::timed_out));
  EXPECT_EQ(check_filesystem(host, kPolicy, time_plan()).outcome, StepOutcome::failed);
}

TEST(CheckFilesystem, FailsWhereTheSuperblockCannotBeRead) {
  auto host = detached();
  host.recorded_errors = base::errno_error(EIO, "read /dev/sdd1");
  EXPECT_EQ(check_filesystem(host, kPolicy, time_plan()).outcome, StepOutcome::failed);
}

TEST(CheckFilesystem, NeverChecksADeviceThatIsInUse) {
  auto host = detached();
  host.held_without_a_name = true;
  host.recorded_errors = true;
  EXPECT_EQ(check_filesystem(host, kPolicy, time_plan()).outcome, StepOutcome::skipped);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(CheckFilesystem, LeavesOtherFileSystemsAlone) {
  auto host = detached();
  host.mount_at("/time").candidates->front().tags->fs_type = "xfs";
  host.recorded_errors = true;
  EXPECT_EQ(check_filesystem(host, kPolicy, time_plan()).outcome, StepOutcome::skipped);
}

TEST(Mount, MountsTheOneExpectedDevice) {
  auto host = detached();
  const auto result = mount(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::done) << result.detail;
  EXPECT_EQ(changes(host), Calls{"mount /dev/sdd1 on /time"});
}

TEST(Mount, NeverMountsOverAnything) {
  auto host = incident();
  const auto result = mount(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(Mount, FailsWhereTheDiskGotATwinMeanwhile) {
  auto host = detached();
  auto& candidates = *host.mount_at("/time").candidates;
  candidates.push_back(candidates.front());
  EXPECT_EQ(mount(host, kPolicy, time_plan()).outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(Mount, FailsWithTheReason) {
  auto host = detached();
  host.fail_on("mount /dev/sdd1 on /time");
  const auto result = mount(host, kPolicy, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("made to fail"));
}

TEST(Mount, IsJudgedByTheMountTableAndNotByTheCall) {
  auto host = detached();
  host.lie_about("mount /dev/sdd1 on /time");
  EXPECT_EQ(mount(host, kPolicy, time_plan()).outcome, StepOutcome::done);
}

TEST(VerifyMount, NeedsAReadAndAWrite) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  const MountPlan plan{.guard = mount_named("/time", "sdb1", 17).guard};
  EXPECT_EQ(verify_mount(host, plan).outcome, StepOutcome::done);
  host.mount_at("/time").probes->write = observation::ProbeOutcome{.error = broken(), .duration = {}};
  EXPECT_EQ(verify_mount(host, plan).outcome, StepOutcome::failed);
  host.mount_at("/time").probes->write = base::errno_error(EACCES, "open");
  EXPECT_EQ(verify_mount(host, plan).outcome, StepOutcome::failed) << "what was not written to proves nothing";
}

TEST(VerifyMount, AcceptsAFullDiskAndSaysThatNoWriteProvedIt) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  const MountPlan plan{.guard = mount_named("/time", "sdb1", 17).guard};
  host.mount_at("/time").probes->write =
      observation::ProbeOutcome{.error = broken(std::errc::no_space_on_device), .duration = {}};
  const auto result = verify_mount(host, plan);
  EXPECT_EQ(result.outcome, StepOutcome::done);
  EXPECT_THAT(result.detail, HasSubstr("not proved"));
}

TEST(VerifyMount, FailsWithTheFinding) {
  auto host = incident();
  const auto result = verify_mount(host, time_plan());
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("device_gone"));
}

TEST(StartSamba, IsRefusedWhileAnyGuardedMountIsNotHealthy) {
  FakeHost host(host_with({mount_named("/space", "sdb2", 18), incident_on_time()}));
  const auto result = start_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::refused);
  EXPECT_THAT(result.detail, HasSubstr("/time"));
  EXPECT_EQ(changes(host), Calls{});
}

TEST(StartSamba, FailsWithTheReason) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  (void)host.DryRunHost::stop_samba({});
  host.fail_on("start samba", broken(std::errc::timed_out));
  EXPECT_EQ(start_samba(host, kPolicy).outcome, StepOutcome::failed);
}

// The start of a run that was killed may still have been under way.
TEST(StartSamba, IsDoneWhereSmbdRunsThoughTheStartFailed) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  (void)host.DryRunHost::stop_samba({});
  host.lie_about("start samba");
  const auto result = start_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::done) << result.detail;
}

TEST(VerifySamba, WaitsUntilItAnswersAndThenListsTheShares) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  const auto result = verify_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::done);
  EXPECT_THAT(result.detail, HasSubstr("listed: time"));
}

TEST(VerifySamba, FailsWhereItDoesNotAnswerInTime) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.seen().samba = observation::SambaState{.running = true, .responding = false, .detail = "no answer"};
  const auto result = verify_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("no answer"));
  EXPECT_GE(host.waited, kPolicy.verify_samba);
}

TEST(VerifySamba, FailsWhereAShareCannotBeListed) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.shares.failed = {"time: NT_STATUS_IO_DEVICE_ERROR"};
  const auto result = verify_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("NT_STATUS_IO_DEVICE_ERROR"));
}

TEST(VerifySamba, DoesNotClaimToHaveListedWhatItCouldNot) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.shares = {.listed = {}, .asks_for_user = {}, .failed = {}, .not_tried = "smbclient is not installed"};
  const auto result = verify_samba(host, kPolicy);
  EXPECT_EQ(result.outcome, StepOutcome::done);
  EXPECT_THAT(result.detail, HasSubstr("no share was listed: smbclient is not installed"));
}

TEST(Settle, LooksAgainAfterThatLong) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  EXPECT_EQ(settle(host, kPolicy, true).outcome, StepOutcome::done);
  EXPECT_EQ(host.waited, kPolicy.settle);
}

// systemd may unmount a fresh mount that it thinks bound to the dead device.
TEST(Settle, StopsSambaAgainWhereAMountWentAwayMeanwhile) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.dies_after_wait = "/time";
  const auto result = settle(host, kPolicy, true);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_THAT(result.detail, HasSubstr("Samba was stopped again"));
  EXPECT_EQ(changes(host), Calls{"stop samba"});
}

// A snapshot or a burst of clients may hold a write up for seconds.
TEST(Settle, GivesADiskThatIsOnlySlowMoreTime) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.slow_looks = 5;
  EXPECT_EQ(settle(host, kPolicy, true).outcome, StepOutcome::done);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(Settle, LeavesSambaServingADiskThatStaysSlow) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.slow_looks = 1'000'000;
  const auto result = settle(host, kPolicy, true);
  EXPECT_EQ(result.outcome, StepOutcome::failed);
  EXPECT_FALSE(result.samba_is_stopped);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(Settle, NeverStopsASambaThatTheRunDidNotStart) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.dies_after_wait = "/time";
  EXPECT_EQ(settle(host, kPolicy, false).outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host), Calls{});
}

TEST(Settle, FailsWhereSambaWentDown) {
  FakeHost host(host_with({mount_named("/time", "sdb1", 17)}));
  host.seen().samba->responding = false;
  EXPECT_EQ(settle(host, kPolicy, true).outcome, StepOutcome::failed);
  EXPECT_EQ(changes(host), Calls{});
}

}  // namespace
}  // namespace motoko::remediation
