// Free space, and file systems that cannot be written.
#include <filesystem>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class Space : public StorageTest {};

TEST_F(Space, IsToldAsStatvfsTellsIt) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"min_available: 10%"}});
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  const auto metrics = host_.exporter().scrape();
  const auto space = std::filesystem::space(path);
  const Labels labels = {{"mountpoint", path}};
  EXPECT_EQ(metrics.value("motoko_filesystem_size_bytes", labels), static_cast<double>(space.capacity));
  EXPECT_EQ(metrics.value("motoko_filesystem_free_bytes", labels), static_cast<double>(space.free));
  EXPECT_EQ(metrics.value("motoko_filesystem_avail_bytes", labels), static_cast<double>(space.available));
  EXPECT_NEAR(*metrics.value("motoko_filesystem_min_available_bytes", labels),
              0.1 * static_cast<double>(space.capacity), 1);
  EXPECT_GT(metrics.value("motoko_filesystem_files", labels), metrics.value("motoko_filesystem_files_free", labels));
}

TEST_F(Space, BelowTheThresholdIsAWarningUntilSomethingIsDeleted) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"min_available: 4MiB"}});
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));

  const auto available = std::filesystem::space(path).available;
  ASSERT_GT(available, 4U << 20);
  write_file(path + "/backup", std::string(available - (3U << 20), 'x'));
  EXPECT_TRUE(check_says(kWarning, path, {"space_low"}));
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_filesystem_min_available_bytes", 4 << 20}}));
  EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] {
    return host_.exporter().scrape().value("motoko_filesystem_avail_bytes", {{"mountpoint", path}}) < 4 << 20;
  }));

  std::filesystem::remove(path + "/backup");
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(Space, AReadOnlyMountIsCriticalWhereFstabDoesNotAskForIt) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  disk.unmount(path);
  disk.mount(path, "ro");
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_read_only", 1},
                                 {"motoko_mount_emergency_ro", 0},
                                 {"motoko_mount_stale", 0}}));
  EXPECT_TRUE(check_says(kCritical, path, {"read_only"}));

  disk.unmount(path);
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(Space, AReadOnlyMountIsFineWhereFstabAsksForIt) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.fstab_options = "noatime,ro"});
  mount_with_file(disk, path);
  disk.unmount(path);
  disk.mount(path, "ro");
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_read_only", 1}}));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(Space, AReadOnlyMountStillHasItsLowSpaceReported) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"min_available: 1GiB"}});
  mount_with_file(disk, path);
  disk.unmount(path);
  disk.mount(path, "ro");
  EXPECT_TRUE(check_says(kCritical, path, {"read_only", "space_low"}));
}

}  // namespace
}  // namespace motoko::testing
