#include "exporter/observation/observer.h"

#include <gmock/gmock.h>

#include "tests/observation/fake_host.h"

namespace motoko::observation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr DeviceNumber kOld{8, 17};
constexpr DeviceNumber kNew{8, 33};
const std::string kUuid = "f54cf57c-e434-45f5-bde3-cc706ffbe849";

base::Instant test_now() {
  return {base::WallTime(std::chrono::seconds(1'795'000'000)), base::MonotonicTime(std::chrono::hours(100))};
}

/// /time on sdb1, all well.
class ObserverTest : public ::testing::Test {
 protected:
  ObserverTest() {
    host_.table = MountTable{root_, layer(40, 1, kOld, "/dev/sdb1")};
    host_.names[kOld] = "sdb1";
    host_.flags.emplace("sdb1", SuperblockFlags{});
    host_.counters.emplace("sdb1", Ext4Counters{});
    host_.live = std::vector<std::string>{"sdb1"};
    host_.devices = {device("sdb1", kOld)};
  }

  static MountLayer layer(int id, int parent_id, DeviceNumber number, const std::string& source) {
    return {.id = id,
            .parent_id = parent_id,
            .device = number,
            .root = "/",
            .target = "/time",
            .fs_type = "ext4",
            .source = source,
            .super_options = "rw"};
  }
  static BlockDevice device(const std::string& name, DeviceNumber number) {
    return {.name = name,
            .path = "/dev/" + name,
            .number = number,
            .size_bytes = 1,
            .held = false,
            .tags = DeviceTags{kUuid, "", "", "", "ext4"}};
  }
  /// The disk went and came back as sdc1; the kernel kept the old mount.
  void replug() {
    host_.names = {{kNew, "sdc1"}};
    host_.devices = {device("sdc1", kNew)};
  }
  MountObservation observe() {
    last_ = observer_.observe(test_now());
    return last_.mounts.at(0);
  }
  const CollectorRun& collector(const std::string& name) {
    for (const auto& run : last_.collectors)
      if (run.name == name) return run;
    throw std::runtime_error("no collector " + name);
  }

  MountLayer root_{.id = 1,
                   .parent_id = 0,
                   .device = {8, 1},
                   .root = "/",
                   .target = "/",
                   .fs_type = "ext4",
                   .source = "/dev/sda1",
                   .super_options = "rw"};
  FakeHost host_;
  GuardedMount guard_ = [] {
    GuardedMount guard;
    guard.path = "/time";
    guard.device = {DeviceTag::uuid, kUuid};
    return guard;
  }();
  Observer observer_{host_.sources(), {guard_}, std::chrono::minutes(15)};
  Observation last_;
};

TEST_F(ObserverTest, JoinsWhatTheSourcesSayOfAHealthyMount) {
  const auto mount = observe();
  ASSERT_EQ(mount.layers->size(), 1U);
  EXPECT_EQ(mount.layers->back().device_name, "sdb1");
  EXPECT_EQ(mount.layers->back().device_exists, true);
  EXPECT_EQ(mount.layers->back().device_tags->uuid, kUuid);
  EXPECT_EQ(mount.candidates->size(), 1U);
  EXPECT_THAT(*mount.detached, IsEmpty());
  EXPECT_EQ(mount.disk->model, "disk of 8:17");
  ASSERT_EQ(host_.touched.size(), 1U);
  EXPECT_EQ(host_.touched[0].device_path, "/dev/sdb1");
  EXPECT_EQ(host_.full_reads, 0) << "ext4 says its flags without the whole table";
  for (const char* name : {"mounts", "ext4", "kernel_log", "samba", "time_machine"})
    EXPECT_FALSE(collector(name).error) << name;
}

TEST_F(ObserverTest, DeviceThatIsGoneKeepsItsNameFromTheMountsSource) {
  replug();
  host_.flags.at("sdb1") = SuperblockFlags{.read_only = false, .emergency_ro = true, .shutdown = true};
  const auto mount = observe();
  EXPECT_EQ(mount.layers->back().device_exists, false);
  EXPECT_EQ(mount.layers->back().device_name, "sdb1");
  EXPECT_TRUE(mount.layers->back().flags->shutdown);
  EXPECT_EQ(mount.candidates->front().path, "/dev/sdc1");
  EXPECT_EQ(mount.disk->model, "disk of 8:33");
  EXPECT_EQ(host_.touched[0].device_path, "") << "the device now found is not the one under the mount";
}

TEST_F(ObserverTest, DevicePathOfFstabMayBeALink) {
  host_.links["/dev/disk/by-id/wdc"] = "/dev/sdb1";
  GuardedMount guard = guard_;
  guard.device = {DeviceTag::path, "/dev/disk/by-id/wdc"};
  Observer observer(host_.sources(), {guard}, std::chrono::minutes(15));
  EXPECT_EQ(observer.observe(test_now()).mounts[0].candidates->at(0).path, "/dev/sdb1");
}

TEST_F(ObserverTest, FlagsComeFromTheTableReadAnewWhereNothingElseHasThem) {
  host_.flags.clear();
  host_.table_with_options = *host_.table;
  host_.table_with_options[1].super_options = "ro,shutdown";
  EXPECT_EQ(observe().layers->back().flags,
            (SuperblockFlags{.read_only = true, .emergency_ro = false, .shutdown = true}));
  EXPECT_EQ(host_.full_reads, 1);
}

TEST_F(ObserverTest, OlderKernelsFlagsComeFromTheLog) {
  host_.prints_flags = false;
  auto& history = host_.log->devices["sdb1"];
  history.mounted = test_now().monotonic - std::chrono::hours(2);
  EXPECT_EQ(observe().layers->back().flags, SuperblockFlags{});
  history.remounted_ro = test_now().monotonic - std::chrono::hours(1);
  EXPECT_TRUE(observe().layers->back().flags->emergency_ro);
  history.shut_down = test_now().monotonic - std::chrono::minutes(1);
  EXPECT_TRUE(observe().layers->back().flags->shutdown);
  history.mounted = test_now().monotonic;
  EXPECT_EQ(observe().layers->back().flags, SuperblockFlags{}) << "mounted anew, all well again";
}

TEST_F(ObserverTest, OlderKernelWhoseLogDoesNotReachBackLeavesTheFlagsUnknown) {
  host_.prints_flags = false;
  EXPECT_FALSE(observe().layers->back().flags);
  host_.log = base::errno_error(EPERM, "open /dev/kmsg");
  EXPECT_FALSE(observe().layers->back().flags);
  EXPECT_TRUE(collector("kernel_log").error);
}

TEST_F(ObserverTest, SuperblockThatWasMountedHereAndIsNotAnyMoreIsDetached) {
  observe();
  host_.table = MountTable{root_};
  host_.names.clear();
  host_.devices.clear();
  EXPECT_THAT(*observe().detached, ElementsAre("sdb1"));
  host_.live = std::vector<std::string>();
  EXPECT_THAT(*observe().detached, IsEmpty());
}

TEST_F(ObserverTest, DetachedSuperblockIsKnownByTheLogOrByItsDevice) {
  host_.table = MountTable{root_};
  EXPECT_THAT(*observe().detached, ElementsAre("sdb1")) << "its device still carries the UUID";
  host_.devices.clear();
  host_.log->devices["sdb1"].filesystem = kUuid;
  EXPECT_THAT(*observe().detached, ElementsAre("sdb1")) << "the log names its UUID";
  host_.log->devices["sdb1"].filesystem = "7f5e508d-fcac-4d18-80ca-84c857b20b40";
  EXPECT_THAT(*observe().detached, IsEmpty()) << "another file system of the host";
  host_.log->devices.clear();
  EXPECT_FALSE(observe().detached) << "nothing tells whose it is";
}

TEST_F(ObserverTest, SuperblockMountedElsewhereIsNotDetached) {
  auto elsewhere = layer(50, 1, kOld, "/dev/sdb1");
  elsewhere.target = "/mnt";
  host_.table = MountTable{root_, elsewhere};
  EXPECT_THAT(*observe().detached, IsEmpty());
}

TEST_F(ObserverTest, UnreadableTableMakesMountsUnknownAndNotUnmounted) {
  host_.table = base::errno_error(EACCES, "open mountinfo");
  const auto mount = observe();
  EXPECT_FALSE(mount.layers);
  EXPECT_FALSE(mount.shadowed_entries) << "nothing may be concluded of the bare directory";
  EXPECT_TRUE(collector("mounts").error);
  EXPECT_FALSE(collector("ext4").error);
}

TEST_F(ObserverTest, UnreadablePlistFailsItsCollectorOnly) {
  host_.probe_results["/time"].backups =
      Backups{{"a.sparsebundle", base::failure(std::errc::bad_message, "garbage")},
              {"b.sparsebundle", base::failure(std::errc::no_message_available, "none yet")}};
  observe();
  EXPECT_EQ(collector("time_machine").error->message(), "garbage: Bad message");
  EXPECT_FALSE(collector("mounts").error);
}

TEST_F(ObserverTest, BareDirectoryThatMayNotBeLookedAtIsUnknownAndFailsNothing) {
  EXPECT_EQ(observe().guarded, true);
  host_.guards = base::errno_error(EPERM, "open /");
  EXPECT_FALSE(observe().guarded);
  EXPECT_FALSE(collector("mounts").error);
}

TEST_F(ObserverTest, RecentErrorsAreThoseOfThisFileSystem) {
  const auto event = [](const char* device, const char* filesystem, std::chrono::minutes age) {
    return KernelEvent{.time = test_now().monotonic - age,
                       .kind = KernelEventKind::ext4_error,
                       .device = device,
                       .filesystem = filesystem,
                       .count = 1,
                       .text = ""};
  };
  host_.log->events = {event("sdb1", kUuid.c_str(), std::chrono::minutes(20)),
                       event("sdb1", kUuid.c_str(), std::chrono::minutes(5)),
                       event("sda1", "", std::chrono::minutes(5))};
  EXPECT_EQ(observe().recent_kernel_errors, std::uint64_t{1});
}

TEST_F(ObserverTest, MountsOfOneDeviceAskForItOnce) {
  GuardedMount other = guard_;
  other.path = "/backup";
  MountLayer bound = layer(41, 1, kOld, "/dev/sdb1");
  bound.target = other.path;
  host_.table->push_back(bound);
  const auto observation = Observer(host_.sources(), {guard_, other}, std::chrono::minutes(15)).observe(test_now());
  for (const auto& mount : observation.mounts) {
    ASSERT_EQ(mount.layers->size(), 1U);
    EXPECT_EQ(mount.layers->back().device_exists, true);
    EXPECT_EQ(mount.layers->back().device_name, "sdb1");
    EXPECT_EQ(mount.disk->model, "disk of 8:17");
  }
  EXPECT_EQ(host_.asked.at(kOld), 1);
  (void)observe();
  EXPECT_EQ(host_.asked.at(kOld), 2) << "each picture asks anew";
}

}  // namespace
}  // namespace motoko::observation
