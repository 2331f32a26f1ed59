// motokoctl guard: which directory it makes immutable, whatever is mounted where, and that it touches nothing else.
#include <sys/mount.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/e2e/bare_directory_test.h"

namespace motoko::testing {
namespace {

using std::chrono::seconds;

using GuardCommand = BareDirectoryTest;

TEST_F(GuardCommand, KeepsEverythingOffTheRootDiskWhileTheMountIsMissing) {
  LoopDisk disk;
  const auto path = host_.guard("root/time", disk.uuid());
  mount_with_file(disk, path);
  const auto mounts = mount_rows();
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_EQ(mount_rows(), mounts) << "nothing is mounted or unmounted";
  EXPECT_TRUE(immutable(below_ + "/time"));
  EXPECT_FALSE(immutable(path)) << "the disk itself stays as it was";
  EXPECT_EQ(create_error(path), 0);

  disk.unmount(path);
  EXPECT_EQ(create_error(path), EPERM);
  EXPECT_NE(::mkdir((path + "/backup").c_str(), 0700), 0);

  disk.mount(path);
  EXPECT_EQ(create_error(path), 0);
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(GuardCommand, RemoveMakesTheBareDirectoryWritableAgainAlsoUnderTheMount) {
  LoopDisk disk;
  const auto path = host_.guard("root/time", disk.uuid());
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  disk.mount(path);
  EXPECT_TRUE(guard_gives(0, path + ": no longer guarded\n", {"--remove"}));
  disk.unmount(path);
  EXPECT_EQ(create_error(path), 0);
}

TEST_F(GuardCommand, SaysWhatWasSoAlready) {
  const auto path = host_.guard("root/time", random_uuid());
  EXPECT_TRUE(guard_gives(0, path + ": was not guarded\n", {"--remove"}));
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_TRUE(guard_gives(0, path + ": already guarded\n"));
  EXPECT_TRUE(immutable(path));
}

TEST_F(GuardCommand, LeavesWhatLiesInTheBareDirectoryAndSaysSo) {
  LoopDisk disk;
  const auto path = host_.guard("root/time", disk.uuid());
  write_file(path + "/shadowed", "x");
  std::filesystem::create_directory(path + "/folder");
  disk.mount(path);
  EXPECT_TRUE(guard_gives(0, path + ": guarded; 2 entries are under it"));
  EXPECT_TRUE(guard_gives(0, path + ": already guarded; 2 entries are under it"));
  EXPECT_EQ(read_text(below_ + "/time/shadowed"), "x");
}

TEST_F(GuardCommand, FollowsLinksOnTheWayToTheMountpoint) {
  LoopDisk disk;
  std::filesystem::create_directory_symlink(root_, host_.directory().path("link"));
  const auto path = host_.guard("link/time", disk.uuid());
  disk.mount(path);
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_TRUE(immutable(below_ + "/time"));
  EXPECT_FALSE(immutable(path));
}

TEST_F(GuardCommand, TakesTheDirectoryOfTheTopLayerWhereMountsAreStackedAboveIt) {
  LoopDisk upper;
  LoopDisk disk;
  std::filesystem::create_directory(root_ + "/time");
  upper.mount(root_);
  const auto path = host_.guard("root/time", disk.uuid());
  disk.mount(path);
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_FALSE(immutable(below_ + "/time"));
  EXPECT_FALSE(immutable(path));
  disk.unmount(path);
  EXPECT_TRUE(immutable(path));
}

TEST_F(GuardCommand, TakesTheLowestDirectoryWhereMountsAreStackedOnIt) {
  LoopDisk disk;
  LoopDisk upper;
  const auto path = host_.guard("root/time", disk.uuid());
  disk.mount(path);
  upper.mount(path);
  disk.shutdown(path);  // of the upper one: dead, as after a replug
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_TRUE(immutable(below_ + "/time"));
  upper.unmount(path);
  EXPECT_FALSE(immutable(path));
}

TEST_F(GuardCommand, GuardsAMountpointBelowAnotherOneOnThatOnesDisk) {
  LoopDisk outer;
  LoopDisk inner;
  const auto path = host_.guard("root/time", outer.uuid());
  outer.mount(path);
  const auto inner_path = host_.guard("root/time/inner", inner.uuid());
  inner.mount(inner_path);
  EXPECT_TRUE(guard_gives(0, inner_path + ": guarded\n"));
  EXPECT_TRUE(immutable(below_ + "/time"));
  EXPECT_FALSE(immutable(path));
  EXPECT_FALSE(immutable(inner_path));
  inner.unmount(inner_path);
  EXPECT_TRUE(immutable(inner_path));
}

// Under a shared mount, as systemd makes all of them: a copy of it must not get what is mounted meanwhile.
TEST_F(GuardCommand, NeverReachesADiskThatIsMountedAndUnmountedMeanwhile) {
  LoopDisk disk;
  const auto path = host_.guard("root/time", disk.uuid());
  ASSERT_EQ(::mount(nullptr, root_.c_str(), nullptr, MS_SHARED, nullptr), 0);
  std::atomic<bool> stop = false;
  std::atomic<int> mounts = 0;
  std::thread other([&] {
    while (!stop) {
      if (::mount(disk.device().c_str(), path.c_str(), "ext4", 0, nullptr) == 0) ++mounts;
      ::umount2(path.c_str(), MNT_DETACH);
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
    EXPECT_TRUE(guard_gives(0, path + ": no longer guarded\n", {"--remove"}));
  }
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  stop = true;
  other.join();
  EXPECT_GT(mounts, 20);
  EXPECT_TRUE(eventually(seconds(5), [&] { return rows_at(path).empty(); }));
  EXPECT_TRUE(immutable(path));
  disk.mount(path);
  EXPECT_FALSE(immutable(path));
}

TEST_F(GuardCommand, TwinsComeToTheSameEnd) {
  const auto path = host_.guard("root/time", random_uuid());
  const Command command{{program_path("motokoctl"), "guard", "--config.file=" + host_.write_config()}};
  for (int i = 0; i < 5; ++i) {
    ChildProcess one(command);
    ChildProcess two(command);
    EXPECT_EQ(one.wait(seconds(10)), (ExitStatus{.code = 0, .signal = 0})) << one.standard_error();
    EXPECT_EQ(two.wait(seconds(10)), (ExitStatus{.code = 0, .signal = 0})) << two.standard_error();
    EXPECT_TRUE(immutable(path));
    EXPECT_TRUE(guard_gives(0, path + ": no longer guarded\n", {"--remove"}));
  }
}

}  // namespace
}  // namespace motoko::testing
