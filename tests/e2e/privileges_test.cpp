// The exporter without any privilege: what it cannot read takes down its own series, and nothing else.
#include <linux/capability.h>
#include <sys/stat.h>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

constexpr uid_t kNobody = 65534;

class Unprivileged : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (IsSkipped()) return;
    const auto unreadable = host_.directory().write("kmsg", "");
    ASSERT_EQ(::chmod(unreadable.c_str(), 0), 0);
    bind_mount(unreadable, "/dev/kmsg");  // some kernels let everybody read it
  }
  void TearDown() override {
    StorageTest::TearDown();
    if (!IsSkipped()) lazy_unmount("/dev/kmsg");
  }
};

TEST_F(Unprivileged, TheKernelLogIsMissingAndEverythingElseStays) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  host_.start_exporter({.unprivileged = kNobody});
  EXPECT_TRUE(host_.shows("", {{"motoko_collector_success", 0, {{"collector", "kernel_log"}}},
                               {"motoko_collector_success", 1, {{"collector", "ext4"}}},
                               {"motoko_kernel_log_lost_total", kAbsent}}));
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 1},
                                 {"motoko_mount_shutdown", 0},
                                 {"motoko_mount_emergency_ro", 0},
                                 {"motoko_mount_read_only", 0},
                                 {"motoko_mount_duplicates", 0},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "device_gone"}}},
                                 {"motoko_mount_probe_success", 1, {{"probe", "statfs"}}},
                                 {"motoko_ext4_superblock_errors", 0},
                                 {"motoko_ext4_recent_errors", kAbsent}}));
  const auto metrics = host_.exporter().scrape();
  EXPECT_TRUE(metrics.value("motoko_filesystem_size_bytes", {{"mountpoint", path}}));
  EXPECT_TRUE(metrics.samples("motoko_kernel_storage_events_total").empty());
}

// Unknown is absent: this user may not read the device, and the file system has no file to read.
TEST_F(Unprivileged, ThereIsNoReadProbeWhereThereIsNothingToRead) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  disk.mount(path);
  host_.start_exporter({.unprivileged = kNobody});
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_probe_success", 1, {{"probe", "statfs"}}},
                                 {"motoko_mount_probe_success", kAbsent, {{"probe", "read"}}},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "device_gone"}}}}));
}

TEST_F(Unprivileged, FaultsAreSeenAllTheSame) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  host_.start_exporter({.unprivileged = kNobody});
  ASSERT_TRUE(host_.shows(path, {{"motoko_mount_present", 1}, {"motoko_mount_shutdown", 0}}));
  disk.shutdown(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "shutdown"}}}}));
  disk.lazy_unmount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0}, {"motoko_mount_present", 0}}));
}

TEST_F(Unprivileged, AHungDiskIsSeenAndHoldsNothingUp) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  host_.start_exporter({.unprivileged = kNobody});
  ASSERT_TRUE(host_.shows(path, {{"motoko_mount_probe_success", 1, {{"probe", "read"}}}}));
  fuse.hang();
  EXPECT_TRUE(
      host_.shows(path, {{"motoko_mount_healthy", 0}, {"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}}}));
  EXPECT_TRUE(host_.stop_exporter());
}

TEST_F(Unprivileged, CheckSaysUnknownNeverHealthy) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  Command command{{program_path("motokoctl"), "check", "--format=json", "--config.file=" + host_.write_config()}};
  command.unprivileged = kNobody;
  const auto finished = run(command);
  EXPECT_EQ(finished.status.code, kUnknown) << finished.standard_output << finished.standard_error;
  EXPECT_EQ(nlohmann::json::parse(finished.standard_output).at("severity"), "unknown");
}

// The two capabilities that the exporter's service has.
class ServicePrivileges : public StorageTest {
 protected:
  ExporterProcess& start() {
    return host_.start_exporter({.unprivileged = kNobody, .capabilities = {CAP_SYSLOG, CAP_DAC_READ_SEARCH}});
  }
};

TEST_F(ServicePrivileges, SufficeForEverySeriesAlsoOfFilesThatOnlyRootMayRead) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_EQ(::chmod((path + "/file").c_str(), 0600), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  start();
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", 0}, {"motoko_ext4_superblock_errors", 0}}));
  EXPECT_TRUE(host_.shows("", {{"motoko_collector_success", 1, {{"collector", "mounts"}}},
                               {"motoko_collector_success", 1, {{"collector", "ext4"}}},
                               {"motoko_collector_success", 1, {{"collector", "kernel_log"}}}}));
}

TEST_F(ServicePrivileges, SufficeToSeeADeadDiskAndWhatIsLeftInTheBareDirectory) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  write_file(path + "/shadowed", "x");
  ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  mount_with_file(disk, path);
  start();
  ASSERT_TRUE(host_.shows(path, healthy()));
  disk.vanish();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "device_gone"}}},
                                 {"motoko_mount_probe_success", 0, {{"probe", "read"}}}}));
  disk.lazy_unmount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_shadowed_entries", 1}}));
}

}  // namespace
}  // namespace motoko::testing
