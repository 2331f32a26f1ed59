#include "exporter/remediation/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/remediation/fake_host.h"

namespace motoko::remediation {
namespace {

using observation::DeviceTag;
using observation::MountObservation;
using ::testing::HasSubstr;

Plan plan_of(const observation::Observation& observation, observation::MountTable more = {}) {
  auto table = table_of(observation);
  table.insert(table.end(), more.begin(), more.end());
  return make_plan(observation, health::evaluate(observation), table);
}

MountObservation not_mounted(const std::string& path, const std::string& device, unsigned minor) {
  auto mount = mount_named(path, device, minor);
  mount.layers = std::vector<observation::LayerObservation>();
  mount.probes.reset();
  mount.ext4.reset();
  return mount;
}

MountObservation hung(MountObservation mount) {
  mount.probes->read = observation::ProbeOutcome{
      .error = base::Error{std::make_error_code(std::errc::timed_out), "read"}, .duration = {}};
  return mount;
}

std::vector<std::string> places(const Plan& plan) {
  std::vector<std::string> paths;
  for (const auto& mount : plan.mounts) paths.push_back(mount.guard.path);
  return paths;
}

TEST(Plan, DoesNothingOnAHealthyHost) {
  const auto plan = plan_of(host_with({mount_named("/time", "sdb1", 17), mount_named("/space", "sdb2", 18)}));
  EXPECT_TRUE(plan.nothing_to_do());
}

TEST(Plan, OfTheIncidentRemountsThatMountAloneWithSambaStopped) {
  const auto plan = plan_of(host_with({incident_on_time(), mount_named("/space", "sdd2", 50)}));
  EXPECT_EQ(places(plan), std::vector<std::string>{"/time"});
  EXPECT_EQ(plan.mounts.front().cure, Cure::remount);
  EXPECT_TRUE(plan.stop_samba);
  EXPECT_TRUE(plan.start_samba);
  EXPECT_TRUE(plan.refusals.empty());
}

TEST(Plan, StartsSambaAloneWhereItAloneIsDown) {
  auto host = host_with({mount_named("/time", "sdb1", 17)});
  host.samba = observation::SambaState{.running = false, .responding = false, .detail = "no smbd process"};
  const auto plan = plan_of(host);
  EXPECT_TRUE(plan.mounts.empty());
  EXPECT_FALSE(plan.stop_samba);
  EXPECT_TRUE(plan.start_samba);
}

TEST(Plan, HasNoSambaWhereNobodyAskedForIt) {
  auto host = host_with({incident_on_time()});
  host.samba.reset();
  const auto plan = plan_of(host);
  EXPECT_FALSE(plan.stop_samba);
  EXPECT_FALSE(plan.start_samba);
  EXPECT_EQ(places(plan), std::vector<std::string>{"/time"});
}

TEST(Plan, PeelsSuperfluousLayersAndLeavesSambaAlone) {
  auto mount = mount_named("/time", "sdb1", 17);
  mount.layers->push_back(mount.layers->front());
  mount.layers->back().layer.id = 200;
  const auto plan = plan_of(host_with({mount}));
  ASSERT_EQ(places(plan), std::vector<std::string>{"/time"});
  EXPECT_EQ(plan.mounts.front().cure, Cure::peel);
  EXPECT_FALSE(plan.stop_samba);
  EXPECT_FALSE(plan.start_samba);
}

MountObservation stacked() {
  auto mount = mount_named("/time", "sdb1", 17);
  mount.layers->push_back(mount.layers->front());
  mount.layers->back().layer.id = 200;
  return mount;
}

TEST(Plan, DoesNotPeelWhatWouldTakeAForeignMountAlong) {
  observation::MountLayer foreign;
  foreign.id = 900;
  foreign.parent_id = 200;
  foreign.target = "/time/scratch";
  foreign.source = "tmpfs";
  const auto plan = plan_of(host_with({stacked()}), {foreign});
  EXPECT_TRUE(plan.mounts.empty());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_THAT(plan.refusals.front().reason, HasSubstr("/time/scratch"));
  foreign.parent_id = 117;  // on the layer that stays
  EXPECT_EQ(places(plan_of(host_with({stacked()}), {foreign})), std::vector<std::string>{"/time"});
}

TEST(Plan, RemountsWhatIsPeeledTogetherWithAGuardedMountOnIt) {
  auto inner = mount_named("/time/inner", "sdd2", 50);
  inner.layers->front().layer.parent_id = 200;
  const auto plan = plan_of(host_with({stacked(), inner}));
  ASSERT_EQ(places(plan), (std::vector<std::string>{"/time", "/time/inner"}));
  EXPECT_EQ(plan.mounts.front().cure, Cure::remount);
  EXPECT_TRUE(plan.stop_samba);
}

TEST(Plan, RefusesToPeelWhileTwoDevicesHaveTheUuid) {
  auto mount = stacked();
  mount.candidates->push_back(mount.candidates->front());
  mount.candidates->back().number = {8, 33};
  mount.layers->back().layer.device = {8, 33};
  const auto plan = plan_of(host_with({mount}));
  EXPECT_TRUE(plan.mounts.empty());
  EXPECT_EQ(plan.refusals.size(), 1U);
}

TEST(Plan, RemountsWhereTheLayersAreDifferentDirectoriesOfTheFileSystem) {
  auto mount = stacked();
  mount.layers->front().layer.root = "/sub";
  const auto plan = plan_of(host_with({mount}));
  ASSERT_EQ(places(plan), std::vector<std::string>{"/time"});
  EXPECT_EQ(plan.mounts.front().cure, Cure::remount);
}

TEST(Plan, RefusesWhereAHealthyMountBelowADeadOneCouldNotComeBack) {
  auto inner = mount_named("/time/inner", "sdd2", 50);
  inner.layers->front().layer.parent_id = 41;
  inner.candidates->push_back(inner.candidates->front());
  const auto plan = plan_of(host_with({incident_on_time(), inner}));
  EXPECT_TRUE(plan.mounts.empty());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals.front().mountpoint, "/time/inner");
}

TEST(Plan, RefusesWhereTheDeadFileSystemIsAlsoMountedElsewhere) {
  auto shut_down = mount_named("/time", "sdb1", 17);
  shut_down.layers->front().flags->shutdown = true;
  observation::MountLayer elsewhere;
  elsewhere.id = 900;
  elsewhere.parent_id = 1;
  elsewhere.device = {8, 17};
  elsewhere.target = "/other";
  const auto plan = plan_of(host_with({shut_down}), {elsewhere});
  EXPECT_TRUE(plan.mounts.empty());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_THAT(plan.refusals.front().reason, HasSubstr("umount -l /other"));
}

TEST(Plan, RemountsWhereADeadLayerLiesUnderALiveOne) {
  auto mount = mount_named("/time", "sdb1", 17);
  mount.layers->insert(mount.layers->begin(), incident_on_time().layers->front());
  const auto plan = plan_of(host_with({mount}));
  ASSERT_EQ(places(plan), std::vector<std::string>{"/time"});
  EXPECT_EQ(plan.mounts.front().cure, Cure::remount);
  EXPECT_FALSE(plan.mounts.front().suspect) << "the live layer's file system is sound";
}

TEST(Plan, MountsParentsBeforeWhatLiesBelowThem) {
  const auto plan = plan_of(host_with({not_mounted("/space/inner", "sdb2", 18), not_mounted("/space", "sdb1", 17)}));
  EXPECT_EQ(places(plan), (std::vector<std::string>{"/space", "/space/inner"}));
}

TEST(Plan, TakesAHealthyGuardedMountBelowADeadOneAlong) {
  auto dead = incident_on_time();
  auto inner = mount_named("/time/inner", "sdd2", 50);
  inner.layers->front().layer.parent_id = dead.layers->back().layer.id;
  const auto plan = plan_of(host_with({dead, inner}));
  EXPECT_EQ(places(plan), (std::vector<std::string>{"/time", "/time/inner"}));
}

TEST(Plan, RefusesWhereAForeignMountWouldBeLost) {
  const auto host = host_with({incident_on_time()});
  observation::MountLayer foreign;
  foreign.id = 900;
  foreign.parent_id = 41;
  foreign.target = "/time/scratch";
  foreign.source = "tmpfs";
  const auto plan = plan_of(host, {foreign});
  EXPECT_TRUE(plan.mounts.empty());
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_THAT(plan.refusals.front().reason, HasSubstr("/time/scratch (tmpfs)"));
  EXPECT_FALSE(plan.stop_samba);
}

TEST(Plan, IsNotMisledByAMountWhosePathOnlyBeginsAlike) {
  observation::MountLayer other;
  other.target = "/timemachine";
  const auto plan = plan_of(host_with({incident_on_time()}), {other});
  EXPECT_TRUE(plan.refusals.empty());
}

TEST(Plan, CallsAFileSystemSuspectWhereItItselfFailed) {
  auto shut_down = mount_named("/time", "sdb1", 17);
  shut_down.layers->front().flags->shutdown = true;
  EXPECT_TRUE(plan_of(host_with({shut_down})).mounts.front().suspect);
  EXPECT_FALSE(plan_of(host_with({not_mounted("/time", "sdb1", 17)})).mounts.front().suspect);
}

TEST(Plan, AsksForACheckWhereErrorsWereSeen) {
  auto read_only = mount_named("/time", "sdb1", 17);
  read_only.layers->front().flags->emergency_ro = true;
  EXPECT_TRUE(plan_of(host_with({read_only})).mounts.front().errors_seen);
  auto counted = mount_named("/time", "sdb1", 17);
  counted.layers->front().flags->shutdown = true;
  EXPECT_FALSE(plan_of(host_with({counted})).mounts.front().errors_seen);
  (**counted.ext4).errors = 3;
  EXPECT_TRUE(plan_of(host_with({counted})).mounts.front().errors_seen);
}

struct RefusalCase {
  const char* name;
  std::function<void(MountObservation&)> spoil;
  const char* says;
};

class Refused : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(Refused, ChangesNothingAndSaysWhatToDo) {
  auto mount = incident_on_time();
  mount.guard.disk = "the WDC with the red sticker";
  GetParam().spoil(mount);
  // Another mount that could be cured does not make it go ahead: Samba would have to stay stopped.
  const auto plan = plan_of(host_with({mount, not_mounted("/space", "sdd2", 50)}));
  EXPECT_TRUE(plan.mounts.empty());
  EXPECT_FALSE(plan.stop_samba);
  EXPECT_FALSE(plan.start_samba);
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_EQ(plan.refusals.front().mountpoint, "/time");
  EXPECT_THAT(plan.refusals.front().reason, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Plan, Refused,
    ::testing::Values(
        RefusalCase{"DeviceMissing", [](auto& mount) { mount.candidates->clear(); }, "the WDC with the red sticker"},
        RefusalCase{"DeviceAmbiguous", [](auto& mount) { mount.candidates->push_back(mount.candidates->front()); },
                    "remove one of them"},
        RefusalCase{"DeviceUnknown",
                    [](auto& mount) { mount.candidates = base::errno_error(EACCES, "open /dev/sdd1"); },
                    "cannot be told"},
        RefusalCase{"NoBlockDevice",
                    [](auto& mount) {
                      mount.guard.device = {DeviceTag::other, "nas:/export"};
                    },
                    "nas:/export"},
        RefusalCase{"OnlyUnresponsive", [](auto& mount) { mount = hung(mount_named("/time", "sdd1", 49)); },
                    "does not answer"},
        RefusalCase{"HealthUnknown",
                    [](auto& mount) {
                      mount = mount_named("/time", "sdd1", 49);
                      mount.probes->read = base::errno_error(EACCES, "open");
                    },
                    "cannot be told"},
        RefusalCase{"TableUnknown", [](auto& mount) { mount.layers = base::errno_error(EIO, "mountinfo"); },
                    "cannot be told"}),
    [](const auto& param) { return param.param.name; });

TEST(Plan, GoesOnWhereADiskThatDoesNotAnswerIsKnownToBeGone) {
  const auto plan = plan_of(host_with({hung(incident_on_time())}));
  EXPECT_EQ(places(plan), std::vector<std::string>{"/time"});
}

TEST(Plan, RefusesToGuessWhetherSambaServes) {
  auto host = host_with({mount_named("/time", "sdb1", 17)});
  host.samba->running = base::errno_error(EACCES, "procfs");
  const auto plan = plan_of(host);
  EXPECT_FALSE(plan.start_samba);
  ASSERT_EQ(plan.refusals.size(), 1U);
}

}  // namespace
}  // namespace motoko::remediation
