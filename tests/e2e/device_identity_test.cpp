// Which disk is mounted, and whether it is the one that fstab names.
#include <filesystem>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class DeviceIdentity : public StorageTest {};

TEST_F(DeviceIdentity, AnotherDiskAtTheMountpointIsStaleUntilTheRightOneIsMounted) {
  LoopDisk right;
  LoopDisk wrong;
  const auto path = host_.guard("time", right.uuid());
  mount_with_file(wrong, path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_present", 1},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_device_present", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}},
                                 {"motoko_mount_stale_reason", 0, {{"reason", "device_gone"}}},
                                 {"motoko_mount_probe_success", 1, {{"probe", "read"}}}}));
  EXPECT_TRUE(check_says(kCritical, path, {"wrong_device"}));

  wrong.unmount(path);
  mount_with_file(right, path);
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(DeviceIdentity, AFileSystemInMemoryAtTheMountpointIsTheWrongDevice) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_tmpfs(path);
  EXPECT_TRUE(
      host_.shows(path, {{"motoko_mount_healthy", 0}, {"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));
  unmount(path);
  mount_with_file(disk, path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(DeviceIdentity, NothingMountedIsCriticalAndWhatLiesInTheBareDirectoryIsCounted) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_present", 0},
                                 {"motoko_mount_stale", 0},
                                 {"motoko_mount_duplicates", 0},
                                 {"motoko_mount_device_present", 1},
                                 {"motoko_mount_shadowed_entries", 0},
                                 {"motoko_filesystem_size_bytes", kAbsent}}));
  EXPECT_TRUE(check_says(kCritical, path, {"not_mounted"}));

  for (const auto* name : {"a", "b", ".hidden"}) write_file(path + "/" + name, "x");
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_shadowed_entries", 3}}));
  EXPECT_TRUE(check_says(kCritical, path, {"not_mounted", "shadowed_entries"}));

  mount_with_file(disk, path);
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(DeviceIdentity, AMissingDeviceIsCriticalUntilItIsPluggedIn) {
  LoopDisk unplugged;
  const auto path = host_.guard("time", unplugged.uuid());
  ASSERT_TRUE(unplugged.detach());
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0}, {"motoko_mount_device_present", 0}}));
  EXPECT_TRUE(check_says(kCritical, path, {"not_mounted", "device_missing"}));

  auto plugged = unplugged.attach_again();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0}, {"motoko_mount_device_present", 1}}));
  EXPECT_TRUE(check_says(kCritical, path, {"not_mounted"}));
  mount_with_file(plugged, path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(DeviceIdentity, TwoDevicesWithOneUuidAreAmbiguousUntilOneIsGone) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  {
    auto copy = disk.copy_with_same_uuid();
    EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_device_present", 0}}));
    EXPECT_TRUE(check_says(kWarning, path, {"device_ambiguous"}));
    ASSERT_TRUE(copy.detach());
  }
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

// As people write /dev/disk/by-id/... or /dev/mapper/...
TEST_F(DeviceIdentity, ADevicePathMayBeALink) {
  LoopDisk disk;
  LoopDisk other;
  const auto link = host_.directory().path("by-id");
  std::filesystem::create_symlink(disk.device(), link);
  const auto path = host_.guard("time", "", {.device = link});
  mount_with_file(disk, path);
  EXPECT_TRUE(host_.shows(path, healthy()));

  disk.unmount(path);
  mount_with_file(other, path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));
}

TEST_F(DeviceIdentity, LabelsAndDevicePathsAreUnderstoodToo) {
  const auto label = random_uuid().substr(0, 12);
  LoopDisk labelled({.label = label});
  LoopDisk by_path;
  const auto first = host_.guard("labelled", "", {.device = "LABEL=" + label});
  const auto second = host_.guard("by-path", "", {.device = by_path.device()});
  mount_with_file(labelled, first);
  mount_with_file(by_path, second);
  EXPECT_TRUE(host_.shows(first, healthy()));
  EXPECT_TRUE(host_.shows(second, healthy()));
  by_path.unmount(second);
  labelled.unmount(first);
  by_path.mount(first);
  labelled.mount(second);
  EXPECT_TRUE(host_.shows(first, {{"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));
  EXPECT_TRUE(host_.shows(second, {{"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));
}

}  // namespace
}  // namespace motoko::testing
