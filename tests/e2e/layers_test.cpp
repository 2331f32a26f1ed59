// Mounts on top of each other, and file systems that live on unmounted.
#include <fcntl.h>
#include <signal.h>

#include <optional>

#include "exporter/base/unique_fd.h"
#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class Layers : public StorageTest {};

TEST_F(Layers, ASecondMountOfAHealthyFileSystemIsAWarningUntilItIsGone) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  bind_mount(path, path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1},
                                 {"motoko_mount_duplicates", 1},
                                 {"motoko_mount_stale", 0},
                                 {"motoko_mount_stale_layers", 0}}));
  EXPECT_TRUE(check_says(kWarning, path, {"stacked"}));

  unmount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

// As in the incident: both /dev/sdb1 and /dev/sdc1 were mounted on /time, and both were dead.
TEST_F(Layers, TwoDeadLayersAreCountedAndLeaveNothingBehindWhenDetached) {
  LoopDisk first;
  const auto path = host_.guard("time", first.uuid());
  mount_with_file(first, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  first.vanish();
  auto second = first.attach_again();
  second.mount(path);
  second.vanish();
  auto third = second.attach_again();

  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_duplicates", 1},
                                 {"motoko_mount_stale_layers", 2},
                                 {"motoko_mount_device_present", 1}}));
  EXPECT_EQ(host_.exporter().scrape().samples("motoko_mount_present", {{"mountpoint", path}}).size(), 1U);
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  for (const auto* code : {"device_gone", "stacked", "stale_layer"}) {
    EXPECT_TRUE(report.codes(path).contains(code)) << code << " in " << report.printed;
  }

  second.lazy_unmount(path);
  first.lazy_unmount(path);
  third.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(Layers, ADeadLayerUnderALiveOneIsCriticalThoughThePathWorks) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  disk.vanish();
  auto again = disk.attach_again();
  again.mount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 0},
                                 {"motoko_mount_duplicates", 1},
                                 {"motoko_mount_stale_layers", 1},
                                 {"motoko_mount_probe_success", 1, {{"probe", "read"}}}}));
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("stale_layer")) << report.printed;
  EXPECT_FALSE(report.codes(path).contains("device_gone")) << report.printed;

  again.unmount(path);
  disk.lazy_unmount(path);
  again.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(Layers, ALiveLayerUnderADeadOneIsStale) {
  LoopDisk live;
  LoopDisk dead;
  const auto path = host_.guard("time", live.uuid());
  mount_with_file(live, path);
  dead.mount(path);
  dead.shutdown(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_duplicates", 1},
                                 {"motoko_mount_stale_layers", 1},
                                 {"motoko_mount_shutdown", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "shutdown"}}},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));

  dead.lazy_unmount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(Layers, ASuperblockHeldByAnOpenFileAfterALazyUnmountIsNamedUntilTheFileIsClosed) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  std::optional<base::UniqueFd> held(std::in_place, ::open((path + "/file").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(held->valid());
  disk.lazy_unmount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_detached_superblock", 1}}));
  const auto report = host_.check();
  EXPECT_TRUE(report.codes(path).contains("detached_superblock")) << report.printed;
  EXPECT_TRUE(report.codes(path).contains("not_mounted")) << report.printed;

  held.reset();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_detached_superblock", 0}}));
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

// umount in one mount namespace leaves the mount of another one: a service with PrivateTmp is such a holder.
TEST_F(Layers, ASuperblockHeldByAnotherMountNamespaceIsNamedUntilThatEnds) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  ChildProcess service({{"unshare", "--mount", "--propagation", "private", "sleep", "600"}});
  ASSERT_TRUE(eventually(std::chrono::seconds(5),
                         [&] { return read_text("/proc/" + std::to_string(service.pid()) + "/comm") == "sleep\n"; }));
  disk.unmount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_detached_superblock", 1}}));

  service.send(SIGKILL);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_detached_superblock", 0}}));
}

TEST_F(Layers, AMountThatIsHiddenUnderAnotherOneOnItsParentDirectoryIsNotThere) {
  LoopDisk disk;
  const auto path = host_.guard("parent/time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  mount_tmpfs(host_.directory().path("parent"));
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_present", 0}, {"motoko_mount_healthy", 0}}));
  unmount(host_.directory().path("parent"));
  EXPECT_TRUE(host_.shows(path, healthy()));
}

// After a replug the new device is mounted while a client still holds a file of the dead one.
TEST_F(Layers, ADeadSuperblockThatIsStillHeldIsAWarningBesideTheHealthyMount) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  std::optional<base::UniqueFd> held(std::in_place, ::open((path + "/file").c_str(), O_RDONLY | O_CLOEXEC));
  disk.vanish();
  disk.lazy_unmount(path);
  auto again = disk.attach_again();
  again.mount(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_detached_superblock", 1}}));

  held.reset();
  EXPECT_TRUE(host_.shows(path, healthy()));
}

}  // namespace
}  // namespace motoko::testing
