// Detaching and mounting real ext4 disks.
#include "exporter/host/mounts.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "exporter/base/unique_fd.h"
#include "tests/support/eventually.h"
#include "tests/support/fuse_disk.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"

namespace motoko::host {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::LoopDisk;
using testing::rows_at;

class HostMounts : public ::testing::Test {
 protected:
  void SetUp() override { MOTOKO_REQUIRE_ROOT("detaching and mounting"); }

  testing::TempDir directory_;
  std::string path_ = directory_.make_directory("time");
};

TEST_F(HostMounts, DetachesOneLayerACall) {
  LoopDisk lower;
  LoopDisk upper;
  lower.mount(path_);
  upper.mount(path_);
  ASSERT_TRUE(detach_top_layer(path_, seconds(5)));
  ASSERT_EQ(rows_at(path_).size(), 1U);
  EXPECT_EQ(rows_at(path_).front().source, lower.device());
  ASSERT_TRUE(detach_top_layer(path_, seconds(5)));
  EXPECT_TRUE(rows_at(path_).empty());
  const auto nothing_left = detach_top_layer(path_, seconds(5));
  ASSERT_FALSE(nothing_left);
  EXPECT_TRUE(nothing_left.error().is(std::errc::invalid_argument));
}

TEST_F(HostMounts, DetachesALayerThatIsInUseAndDeviceInUseTellsUntilItIsNot) {
  LoopDisk disk;
  disk.mount(path_);
  EXPECT_EQ(device_in_use(disk.device(), seconds(5)), true);
  std::optional<base::UniqueFd> held(std::in_place, ::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(detach_top_layer(path_, seconds(5)));
  EXPECT_EQ(device_in_use(disk.device(), seconds(5)), true);
  held.reset();
  EXPECT_TRUE(testing::eventually(seconds(5), [&] { return device_in_use(disk.device(), seconds(5)) == false; }));
}

TEST_F(HostMounts, NeverFollowsALink) {
  LoopDisk disk;
  disk.mount(path_);
  const auto link = directory_.path("link");
  ASSERT_EQ(::symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_FALSE(detach_top_layer(link, seconds(5)));
  EXPECT_EQ(rows_at(path_).size(), 1U);
}

// umount -l of an idle hung file system blocks for ever; here another process does the waiting.
TEST_F(HostMounts, DetachesAHungDiskAtOnce) {
  testing::FuseDisk hung;
  hung.disk().mount(path_);
  testing::write_file(path_ + "/file", std::string(100'000, 'x'));
  hung.hang();
  const auto start = std::chrono::steady_clock::now();
  (void)detach_top_layer(path_, seconds(5));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(2));
  EXPECT_TRUE(rows_at(path_).empty());
  hung.answer();
  EXPECT_TRUE(
      testing::eventually(seconds(10), [&] { return device_in_use(hung.disk().device(), seconds(5)) == false; }));
}

TEST_F(HostMounts, MountsWithTheOptionsOfFstab) {
  LoopDisk disk;
  const auto mounted = mount_device({.device = disk.device(),
                                     .target = path_,
                                     .fs_type = "ext4",
                                     .options = "defaults,noatime,nofail,x-systemd.device-timeout=5,errors=remount-ro"},
                                    seconds(10));
  ASSERT_TRUE(mounted) << mounted.error().message();
  ASSERT_EQ(rows_at(path_).size(), 1U);
  EXPECT_EQ(rows_at(path_).front().source, disk.device());
  EXPECT_THAT(rows_at(path_).front().super_options, HasSubstr("errors=remount-ro"));
  testing::unmount(path_);
}

TEST_F(HostMounts, FindsTheTypeWhereFstabSaysAutoAndMountsReadOnlyWhereItSaysRo) {
  LoopDisk disk;
  ASSERT_TRUE(
      mount_device({.device = disk.device(), .target = path_, .fs_type = "auto", .options = "ro"}, seconds(10)));
  EXPECT_EQ(rows_at(path_).front().fs_type, "ext4");
  EXPECT_THAT(rows_at(path_).front().super_options, HasSubstr("ro"));
  testing::unmount(path_);
}

TEST_F(HostMounts, SaysWhyItCouldNotMount) {
  LoopDisk disk;
  const auto no_place = mount_device(
      {.device = disk.device(), .target = directory_.path("missing"), .fs_type = "ext4", .options = "rw"}, seconds(10));
  ASSERT_FALSE(no_place);
  EXPECT_THAT(no_place.error().message(), HasSubstr("missing"));
  const auto bad_option = mount_device(
      {.device = disk.device(), .target = path_, .fs_type = "ext4", .options = "no_such_option"}, seconds(10));
  ASSERT_FALSE(bad_option);
  EXPECT_THAT(bad_option.error().message(), HasSubstr(disk.device()));
  const auto wrong_type =
      mount_device({.device = disk.device(), .target = path_, .fs_type = "xfs", .options = "rw"}, seconds(10));
  EXPECT_FALSE(wrong_type);
  EXPECT_TRUE(rows_at(path_).empty());
}

TEST_F(HostMounts, DoesNotWaitForAHungDisk) {
  testing::FuseDisk hung;
  hung.hang();
  const auto start = std::chrono::steady_clock::now();
  const auto mounted =
      mount_device({.device = hung.disk().device(), .target = path_, .fs_type = "ext4", .options = "rw"}, seconds(1));
  ASSERT_FALSE(mounted);
  EXPECT_TRUE(mounted.error().is(std::errc::timed_out)) << mounted.error().message();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(4));
  hung.answer();
}

}  // namespace
}  // namespace motoko::host
