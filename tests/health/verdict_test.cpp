#include "exporter/health/verdict.h"

#include <gmock/gmock.h>

#include <functional>

#include "tests/health/observed.h"

namespace motoko::health {
namespace {

using observation::MountObservation;
using observation::ProbeOutcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Codes = std::vector<FindingCode>;

Codes codes_of(const std::vector<Finding>& findings) {
  Codes codes;
  for (const auto& finding : findings) codes.push_back(finding.code);
  return codes;
}

ProbeOutcome failed(std::errc code) {
  return {.error = base::Error{std::make_error_code(code), "read"}, .duration = base::Seconds(2)};
}

/// One spoiled thing, the findings it must give, all of them.
struct Case {
  const char* name;
  std::function<void(MountObservation&)> spoil;
  Codes findings;
  Severity severity;
};

std::ostream& operator<<(std::ostream& out, const Case& test_case) {
  return out << test_case.name;
}

class Rules : public ::testing::TestWithParam<Case> {};

TEST_P(Rules, FindExactlyWhatIsWrong) {
  auto mount = healthy_mount();
  GetParam().spoil(mount);
  const auto verdict = evaluate(observation_of(mount));
  EXPECT_EQ(codes_of(verdict.mounts[0].findings), GetParam().findings);
  EXPECT_EQ(verdict.mounts[0].severity, GetParam().severity);
  EXPECT_EQ(verdict.severity, GetParam().severity);
  EXPECT_EQ(verdict.healthy(), GetParam().severity == Severity::ok || GetParam().severity == Severity::warning);
}

observation::LayerObservation dead_layer() {
  auto layer = healthy_layer();
  layer.device_exists = false;
  layer.device_tags = base::errno_error(ENODEV, "sdb1");
  layer.flags = observation::SuperblockFlags{.read_only = false, .emergency_ro = false, .shutdown = true};
  return layer;
}

using enum FindingCode;

INSTANTIATE_TEST_SUITE_P(
    All, Rules,
    ::testing::Values(
        Case{"Healthy", [](auto&) {}, {}, Severity::ok},
        Case{"NotMounted", [](auto& mount) { mount = health::not_mounted(); }, {FindingCode::not_mounted}, Severity::critical},
        Case{"DeviceMissing", [](auto& mount) { mount = health::not_mounted(); mount.candidates->clear(); },
             {FindingCode::not_mounted, device_missing}, Severity::critical},
        Case{"DeviceGone", [](auto& mount) { mount.layers->back().device_exists = false; }, {device_gone}, Severity::critical},
        Case{"WrongDevice",
             [](auto& mount) {
               mount.layers->back().layer.device = {8, 33};
               mount.layers->back().device_tags = observation::DeviceTags{"another", "", "", "", "ext4"};
             },
             {wrong_device}, Severity::critical},
        Case{"TmpfsOnTop",
             [](auto& mount) {
               mount.layers->back().layer.device = {0, 50};
               mount.layers->back().layer.source = "tmpfs";
             },
             {wrong_device}, Severity::critical},
        Case{"UuidInCapitals", [](auto& mount) { mount.guard.device.value = "F54CF57C-E434-45F5-BDE3-CC706FFBE849"; }, {}, Severity::ok},
        Case{"Shutdown", [](auto& mount) { mount.layers->back().flags->shutdown = true; }, {shutdown}, Severity::critical},
        Case{"EmergencyReadOnly", [](auto& mount) { mount.layers->back().flags->emergency_ro = true; }, {emergency_ro}, Severity::critical},
        Case{"EmergencyReadOnlyThatOnlyTheWriteProbeSees", [](auto& mount) { mount.probes->write = failed(std::errc::read_only_file_system); },
             {emergency_ro}, Severity::critical},
        Case{"ReadOnly", [](auto& mount) { mount.layers->back().flags->read_only = true; }, {read_only}, Severity::critical},
        Case{"ReadOnlyAsAsked",
             [](auto& mount) {
               mount.layers->back().flags->read_only = true;
               mount.guard.read_only_asked = true;
             },
             {}, Severity::ok},
        Case{"ReadFails", [](auto& mount) { mount.probes->read = failed(std::errc::io_error); }, {io_error}, Severity::critical},
        Case{"StatfsFails", [](auto& mount) { mount.probes->statfs = failed(std::errc::io_error); }, {io_error}, Severity::critical},
        Case{"OnlyWritesFail", [](auto& mount) { mount.probes->write = failed(std::errc::io_error); }, {io_error}, Severity::critical},
        Case{"FullDiskIsNoFailure", [](auto& mount) { mount.probes->write = failed(std::errc::no_space_on_device); }, {}, Severity::ok},
        Case{"Hangs", [](auto& mount) { mount.probes->read = failed(std::errc::timed_out); }, {unresponsive}, Severity::critical},
        Case{"SameFileSystemTwice", [](auto& mount) { mount.layers->push_back(healthy_layer()); }, {stacked}, Severity::warning},
        Case{"DeadLayerUnderLive", [](auto& mount) { mount.layers->insert(mount.layers->begin(), dead_layer()); }, {stale_layer, stacked}, Severity::critical},
        Case{"TheIncident",
             [](auto& mount) {
               auto second = dead_layer();
               second.flags->emergency_ro = true;
               mount.layers = std::vector{dead_layer(), second};
               mount.probes->read = failed(std::errc::io_error);
             },
             {device_gone, shutdown, emergency_ro, io_error, stale_layer, stacked}, Severity::critical},
        Case{"TwoDevicesWithOneUuid", [](auto& mount) { mount.candidates->push_back(expected_device()); }, {device_ambiguous}, Severity::warning},
        Case{"DetachedSuperblock", [](auto& mount) { mount.detached = std::vector<std::string>{"sdb1"}; }, {detached_superblock}, Severity::warning},
        Case{"AnotherSuperblockOfTheHostThatNothingNames",
             [](auto& mount) { mount.detached = base::failure(std::errc::no_message_available, "loop7"); },
             {},
             Severity::ok},
        Case{"ShadowedEntries", [](auto& mount) { mount = health::not_mounted(); mount.shadowed_entries = std::uint64_t{3}; },
             {FindingCode::not_mounted, shadowed_entries}, Severity::critical},
        Case{"NoMountpointDirectory",
             [](auto& mount) { mount = health::not_mounted(); mount.shadowed_entries = base::errno_error(ENOENT, "list /time"); },
             {FindingCode::not_mounted}, Severity::critical},
        Case{"SpaceLow", [](auto& mount) { mount.guard.min_available = base::SpaceBytes{501}; }, {space_low}, Severity::warning},
        Case{"SpaceJustEnough", [](auto& mount) { mount.guard.min_available = base::SpaceRatio{0.5}; }, {}, Severity::ok},
        Case{"ADeadMountHasNoSpaceToJudge",
             [](auto& mount) {
               mount.guard.min_available = base::SpaceBytes{501};
               mount.layers->back().flags->shutdown = true;
             },
             {shutdown}, Severity::critical},
        Case{"KernelErrors", [](auto& mount) { mount.recent_kernel_errors = std::uint64_t{2}; }, {kernel_errors}, Severity::warning},
        Case{"RecentSuperblockErrorThatTheLogDoesNotHave",
             [](auto& mount) { mount.ext4 = observation::Ext4Counters{4, 0, test_now().wall - std::chrono::minutes(14)}; }, {kernel_errors}, Severity::warning},
        Case{"OldSuperblockErrorIsHistory",
             [](auto& mount) { mount.ext4 = observation::Ext4Counters{4, 0, test_now().wall - std::chrono::minutes(16)}; }, {}, Severity::ok},
        Case{"BackupOverdue",
             [](auto& mount) { mount.backups = observation::Backups{{"Mac.sparsebundle", test_now().wall - std::chrono::hours(73)}}; }, {backup_overdue},
             Severity::warning},
        Case{"BackupInTime",
             [](auto& mount) { mount.backups = observation::Backups{{"Mac.sparsebundle", test_now().wall - std::chrono::hours(71)}}; }, {}, Severity::ok},
        Case{"NoBackupYetIsNotOverdue",
             [](auto& mount) { mount.backups = observation::Backups{{"Mac.sparsebundle", base::failure(std::errc::no_message_available, "none")}}; }, {},
             Severity::ok},
        Case{"UnreadablePlistIsUnknown",
             [](auto& mount) { mount.backups = observation::Backups{{"Mac.sparsebundle", base::failure(std::errc::bad_message, "garbage")}}; }, {},
             Severity::unknown},
        Case{"UnreadableMountTable", [](auto& mount) { mount.layers = tl::unexpected(no_permission()); }, {}, Severity::unknown},
        Case{"UnreadableDevices", [](auto& mount) { mount.candidates = tl::unexpected(no_permission()); mount.layers->back().device_tags = tl::unexpected(no_permission()); },
             {}, Severity::unknown},
        Case{"NothingToReadOnTheDisk", [](auto& mount) { mount.probes->read = base::failure(std::errc::no_message_available, "no file"); }, {}, Severity::unknown},
        Case{"UnreadableKernelLog", [](auto& mount) { mount.recent_kernel_errors = tl::unexpected(no_permission()); }, {}, Severity::unknown},
        Case{"AKnownFaultOutweighsAnUnknown",
             [](auto& mount) {
               mount.recent_kernel_errors = tl::unexpected(no_permission());
               mount.layers->back().flags->shutdown = true;
             },
             {shutdown}, Severity::critical}),
    [](const auto& test_case) { return test_case.param.name; });

// Debian 12's kernel prints neither flag, and its log may no longer reach back to the mount.
TEST(UnknownFlags, AreDecidedByAWriteThatSucceeded) {
  auto mount = healthy_mount();
  mount.layers->front().flags = base::failure(std::errc::no_message_available, "the log no longer reaches back");
  EXPECT_FALSE(evaluate(observation_of(mount)).mounts.front().healthy);
  mount.probes->write = observation::ProbeOutcome{.error = {}, .duration = base::Seconds(0.01)};
  EXPECT_EQ(evaluate(observation_of(mount)).mounts.front().healthy, true);
  mount.probes->write = observation::ProbeOutcome{.error = no_permission(), .duration = {}};
  EXPECT_NE(evaluate(observation_of(mount)).mounts.front().healthy, true);
}

TEST(Verdict, UnreadableSourceIsNeverOk) {
  auto observation = observation_of(healthy_mount());
  observation.collectors = {{.name = "kernel_log", .error = no_permission(), .duration = {}}};
  const auto verdict = evaluate(observation);
  EXPECT_EQ(verdict.severity, Severity::unknown);
  EXPECT_FALSE(verdict.healthy());
  EXPECT_THAT(verdict.unread, ElementsAre("kernel_log: open: Permission denied"));
}

TEST(Verdict, AWarningDoesNotMakeAMountUnhealthyButADoubtAboutACriticalRuleMakesThatUnknown) {
  auto mount = healthy_mount();
  mount.recent_kernel_errors = std::uint64_t{1};
  EXPECT_EQ(evaluate(observation_of(mount)).mounts[0].healthy, true);
  mount.probes->read = base::failure(std::errc::no_message_available, "no file");
  EXPECT_FALSE(evaluate(observation_of(mount)).mounts[0].healthy.has_value());
  mount.layers->back().flags->shutdown = true;
  EXPECT_EQ(evaluate(observation_of(mount)).mounts[0].healthy, false);
}

TEST(Verdict, ASuperblockThatNothingNamesIsADoubtOnlyWhereTheMountDoesNotServe) {
  auto mount = healthy_mount();
  mount.detached = base::failure(std::errc::no_message_available, "loop7");
  EXPECT_THAT(evaluate(observation_of(mount)).mounts[0].undecided, IsEmpty());
  mount = health::not_mounted();
  mount.detached = base::failure(std::errc::no_message_available, "loop7");
  EXPECT_EQ(evaluate(observation_of(mount)).mounts[0].undecided.at(0).code, FindingCode::detached_superblock);
}

TEST(Verdict, NothingToWatchIsUnknown) {
  auto observation = observation_of(healthy_mount());
  observation.mounts.clear();
  EXPECT_EQ(evaluate(observation).severity, Severity::unknown);
}

TEST(Verdict, SambaIsDownWhenEitherHalfFails) {
  for (const auto& [running, responding] : {std::pair{false, false}, {true, false}, {false, true}}) {
    auto observation = observation_of(healthy_mount());
    observation.samba = observation::SambaState{.running = running, .responding = responding, .detail = "why"};
    EXPECT_EQ(codes_of(evaluate(observation).findings), Codes{FindingCode::smbd_down});
  }
}

TEST(Verdict, SambaThatCannotBeSeenIsUnknown) {
  auto observation = observation_of(healthy_mount());
  observation.samba =
      observation::SambaState{.running = tl::unexpected(no_permission()), .responding = true, .detail = {}};
  const auto verdict = evaluate(observation);
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_EQ(verdict.severity, Severity::unknown);
}

TEST(Verdict, HostWithoutSambaIsJudgedByItsMounts) {
  auto observation = observation_of(healthy_mount());
  observation.samba.reset();
  EXPECT_EQ(evaluate(observation).severity, Severity::ok);
}

TEST(MountState, CountsDeadLayersAnywhereInTheStack) {
  auto mount = healthy_mount();
  mount.layers = std::vector{dead_layer(), dead_layer(), healthy_layer()};
  const auto state = mount_state(mount);
  EXPECT_EQ(state.duplicates, std::uint64_t{2});
  EXPECT_EQ(state.stale_layers, std::uint64_t{2});
  EXPECT_EQ(state.stale, false);
  mount.layers->push_back(dead_layer());
  EXPECT_EQ(mount_state(mount).stale_layers, std::uint64_t{3});
  EXPECT_EQ(mount_state(mount).stale, true);
}

}  // namespace
}  // namespace motoko::health
