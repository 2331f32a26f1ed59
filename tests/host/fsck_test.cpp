// e2fsck on real ext4 disks.
#include "exporter/host/fsck.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/base/unique_fd.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"

namespace motoko::host {
namespace {

using std::chrono::seconds;
using testing::LoopDisk;

class Fsck : public ::testing::Test {
 protected:
  void SetUp() override { MOTOKO_REQUIRE_ROOT("checking file systems"); }

  testing::TempDir directory_;
  std::string path_ = directory_.make_directory("time");
};

TEST_F(Fsck, FindsNothingOnACleanDisk) {
  LoopDisk disk;
  EXPECT_EQ(records_errors(disk.device(), seconds(5)), false);
  const auto check = check_ext4(disk.device(), seconds(20));
  ASSERT_TRUE(check) << check.error().message();
  EXPECT_EQ(check->exit_code, 0) << describe(*check);
}

TEST_F(Fsck, SeesARecordedErrorUntilItWasChecked) {
  LoopDisk disk;
  disk.mount(path_);
  disk.trigger_fs_error();
  disk.unmount(path_);
  EXPECT_EQ(records_errors(disk.device(), seconds(5)), true);
  const auto check = check_ext4(disk.device(), seconds(20));
  ASSERT_TRUE(check);
  EXPECT_LE(check->exit_code, 1) << describe(*check);
  EXPECT_EQ(records_errors(disk.device(), seconds(5)), false);
}

TEST_F(Fsck, GivesFourForWhatItMayNotRepairAlone) {
  LoopDisk disk;
  // The root directory's block is overwritten: repairing that takes questions.
  testing::run_checked({{"debugfs", "-w", "-R", "clri <2>", disk.device()}});
  testing::run_checked({{"debugfs", "-w", "-R", "ssv state 2", disk.device()}});
  const auto check = check_ext4(disk.device(), seconds(20));
  ASSERT_TRUE(check);
  EXPECT_GE(check->exit_code, 4) << check->output;
}

TEST_F(Fsck, GivesEightForADeviceThatIsMounted) {
  LoopDisk disk;
  disk.mount(path_);
  const auto check = check_ext4(disk.device(), seconds(20));
  ASSERT_TRUE(check);
  EXPECT_EQ(check->exit_code, 8) << check->output;
  disk.unmount(path_);
}

TEST_F(Fsck, SaysNothingOfOtherFileSystemsAndFailsWithoutADevice) {
  testing::write_file(directory_.path("zeros"), std::string(8192, '\0'));
  EXPECT_EQ(records_errors(directory_.path("zeros"), seconds(5)), false);
  const auto missing = records_errors(directory_.path("missing"), seconds(5));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(std::errc::no_such_file_or_directory));
}

}  // namespace
}  // namespace motoko::host
