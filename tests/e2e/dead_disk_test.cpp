// Disks that die under their mount, as in the incident that this project exists for.
#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class DeadDisk : public StorageTest {};

TEST_F(DeadDisk, ShutDownFileSystemIsStaleUntilItIsMountedAgain) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  disk.shutdown(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_present", 1},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_stale_layers", 1},
                                 {"motoko_mount_shutdown", 1},
                                 {"motoko_mount_device_present", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "shutdown"}}},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "device_gone"}}},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "wrong_device"}}},
                                 {"motoko_mount_probe_success", 0, {{"probe", "read"}}},
                                 {"motoko_filesystem_size_bytes", kAbsent},
                                 {"motoko_filesystem_avail_bytes", kAbsent}}));
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical) << report.printed;
  EXPECT_TRUE(report.codes(path).contains("shutdown")) << report.printed;

  disk.lazy_unmount(path);
  ASSERT_TRUE(released(disk));
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(DeadDisk, VanishedDeviceIsStaleAndMissingUntilItReturns) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  disk.vanish();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_present", 1},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_device_present", 0},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "device_gone"}}},
                                 {"motoko_filesystem_size_bytes", kAbsent}}));
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("device_gone")) << report.printed;
  EXPECT_TRUE(report.codes(path).contains("device_missing")) << report.printed;

  disk.lazy_unmount(path);
  disk.restore();
  ASSERT_TRUE(released(disk));
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

// The incident: the disk came back under another name, and the kernel kept the old mount.
TEST_F(DeadDisk, ReplugUnderAnotherNameLeavesTheOldMountStaleWhileTheDeviceIsPresent) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  disk.vanish();
  auto again = disk.attach_again();
  EXPECT_TRUE(host_.shows(
      path,
      {{"motoko_mount_healthy", 0},
       {"motoko_mount_stale", 1},
       {"motoko_mount_device_present", 1},
       {"motoko_mount_stale_reason", 1, {{"reason", "device_gone"}}},
       {"motoko_mount_info",
        1,
        {{"device", disk.device()}, {"expected_device", again.device()}, {"uuid", disk.uuid()}, {"fstype", "ext4"}}}}));
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("device_gone")) << report.printed;
  EXPECT_FALSE(report.codes(path).contains("device_missing")) << report.printed;

  disk.lazy_unmount(path);
  again.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(DeadDisk, AnErrorThatMakesTheFileSystemReadOnlyIsCriticalUntilItWasCheckedAndMountedAgain) {
  LoopDisk disk({.errors = "remount-ro"});
  host_.configure("kernel_log", "{window: 3s}");
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  disk.trigger_fs_error();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_emergency_ro", 1},
                                 {"motoko_mount_stale", 0},
                                 {"motoko_mount_shutdown", 0},
                                 {"motoko_ext4_superblock_errors", 1}}));
  EXPECT_TRUE(host_.exporter().scrape().value("motoko_filesystem_size_bytes", {{"mountpoint", path}}))
      << "a read-only file system still tells its space";
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("emergency_ro")) << report.printed;

  disk.unmount(path);
  ASSERT_LE(run({{"e2fsck", "-f", "-y", disk.device()}}).status.code, 1);
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_superblock_errors", 0}, {"motoko_ext4_recent_errors", 0}}));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(DeadDisk, AnErrorThatTheFileSystemSurvivesIsAWarningForAsLongAsTheWindow) {
  LoopDisk disk({.errors = "continue"});
  host_.configure("kernel_log", "{window: 3s}");
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, {{"motoko_ext4_superblock_errors", 0}, {"motoko_ext4_recent_errors", 0}}));

  disk.trigger_fs_error();
  EXPECT_TRUE(host_.shows(
      path, {{"motoko_mount_healthy", 1}, {"motoko_ext4_superblock_errors", 1}, {"motoko_ext4_recent_errors", 1}}));
  EXPECT_TRUE(check_says(kWarning, path, {"kernel_errors"}));

  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_superblock_errors", 1}, {"motoko_ext4_recent_errors", 0}}));
  EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] { return host_.check().exit_code == kHealthy; }));
}

// statfs, stat and a listing of the cached root directory all succeed on such a disk.
TEST_F(DeadDisk, FailingReadsAreSeenThoughTheRootDirectoryIsCached) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  fuse.fail_reads(true);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "io_error"}}},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "unresponsive"}}},
                                 {"motoko_mount_probe_success", 0, {{"probe", "read"}}},
                                 {"motoko_mount_probe_success", 1, {{"probe", "statfs"}}}}));
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("io_error")) << report.printed;

  fuse.fail_reads(false);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_stale", 0}}));
}

TEST_F(DeadDisk, FailingWritesAreSeenByTheWriteProbeAlone) {
  FuseDisk fuse;
  host_.configure("probe", "{deadline: 500ms, write: 1s}");
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  ASSERT_TRUE(
      host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_probe_success", 1, {{"probe", "write"}}}}));

  fuse.fail_writes(true);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_probe_success", 0, {{"probe", "write"}}}}));
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0}}));
}

}  // namespace
}  // namespace motoko::testing
