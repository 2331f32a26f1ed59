// The faults that the other tests rely on, checked against the kernel alone.
#include "tests/support/loop_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <thread>

#include "exporter/base/unique_fd.h"
#include "tests/support/child_process.h"
#include "tests/support/eventually.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"
#include "tests/support/uncached_read.h"

namespace motoko::testing {
namespace {

class LoopDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("faults of loop disks");
    mountpoint_ = directory_.make_directory("mnt");
  }

  [[nodiscard]] int create_error() const {
    const base::UniqueFd file(::open((mountpoint_ + "/new").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    return file.valid() ? 0 : errno;
  }

  TempDir directory_;
  std::string mountpoint_;
};

TEST_F(LoopDiskTest, KeepsWhatIsWrittenAndIsFreedAtTheEnd) {
  LoopAttachment attachment;
  {
    LoopDisk disk;
    attachment = disk.attachment();
    disk.mount(mountpoint_);
    write_file(mountpoint_ + "/file", "kept");
    disk.unmount(mountpoint_);
    disk.mount(mountpoint_);
    EXPECT_EQ(read_text(mountpoint_ + "/file"), "kept");
    EXPECT_EQ(rows_at(mountpoint_).size(), 1U);
    EXPECT_TRUE(is_attached(attachment));
  }
  EXPECT_TRUE(rows_at(mountpoint_).empty());
  EXPECT_TRUE(eventually(std::chrono::seconds(5), [&] { return !is_attached(attachment); }));
}

TEST_F(LoopDiskTest, HasTheUuidAndLabelItWasGiven) {
  const auto uuid = random_uuid();
  const LoopDisk disk({.uuid = uuid, .label = "time"});
  const auto seen = run_checked({{"blkid", "-p", "-o", "export", disk.device()}});
  EXPECT_NE(seen.find("UUID=" + uuid), std::string::npos) << seen;
  EXPECT_NE(seen.find("LABEL=time"), std::string::npos) << seen;
}

TEST_F(LoopDiskTest, FailsToOpenAndToCreateAfterShutdown) {
  LoopDisk disk;
  disk.mount(mountpoint_);
  write_file(mountpoint_ + "/file", "x");
  disk.shutdown(mountpoint_);
  EXPECT_EQ(uncached_read_error(mountpoint_ + "/file"), EIO);
  EXPECT_EQ(create_error(), EIO);
}

TEST_F(LoopDiskTest, CountsATriggeredErrorAndGoesOnOrStopsAsAsked) {
  {
    LoopDisk going_on({.errors = "continue"});
    going_on.mount(mountpoint_);
    going_on.trigger_fs_error();
    EXPECT_TRUE(eventually(std::chrono::seconds(5), [&] { return going_on.ext4_attribute("errors_count") == "1"; }))
        << "ext4 counts a little later, in a work item";
    EXPECT_EQ(create_error(), 0);
  }
  LoopDisk stopping({.errors = "remount-ro"});
  stopping.mount(mountpoint_);
  stopping.trigger_fs_error();
  EXPECT_EQ(create_error(), EROFS);
}

TEST_F(LoopDiskTest, LosesItsCapacityAndItsContentWhenItVanishesAndGetsBothBack) {
  LoopDisk disk;
  disk.mount(mountpoint_);
  write_file(mountpoint_ + "/file", "kept");
  disk.vanish();
  EXPECT_EQ(read_text("/sys/block/" + disk.name() + "/size"), "0\n");
  EXPECT_EQ(uncached_read_error(mountpoint_ + "/file"), EIO);
  disk.lazy_unmount(mountpoint_);

  disk.restore();
  ASSERT_TRUE(eventually(std::chrono::seconds(5), [&] { return disk.ext4_attribute("errors_count").empty(); }))
      << "the dead superblock is still there";
  disk.mount(mountpoint_);
  EXPECT_EQ(read_text(mountpoint_ + "/file"), "kept");
}

TEST_F(LoopDiskTest, ComesBackBehindAnotherDeviceWhileTheDeadOneIsStillMounted) {
  LoopDisk disk;
  disk.mount(mountpoint_);
  write_file(mountpoint_ + "/file", "kept");
  disk.vanish();
  auto again = disk.attach_again();
  EXPECT_NE(again.device(), disk.device());
  again.mount(mountpoint_);
  EXPECT_EQ(read_text(mountpoint_ + "/file"), "kept");
  ASSERT_EQ(rows_at(mountpoint_).size(), 2U);
  EXPECT_EQ(rows_at(mountpoint_)[0].source, disk.device());
  EXPECT_EQ(rows_at(mountpoint_)[1].source, again.device());
}

TEST_F(LoopDiskTest, CopiesADiskWithItsUuid) {
  LoopDisk disk;
  const auto copy = disk.copy_with_same_uuid();
  EXPECT_NE(copy.device(), disk.device());
  EXPECT_NE(run_checked({{"blkid", "-p", copy.device()}}).find(disk.uuid()), std::string::npos);
}

TEST_F(LoopDiskTest, FindsADeviceEachWhenSeveralAreAttachedAtOnce) {
  const auto image = directory_.write("image", std::string(1 << 20, '\0'));
  std::vector<std::thread> attaching;
  std::array<std::unique_ptr<LoopDevice>, 8> devices;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    attaching.emplace_back([&, i] { devices[i] = std::make_unique<LoopDevice>(image); });
  }
  std::set<std::string> different;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    attaching[i].join();
    different.insert(devices[i]->attachment().name);
    EXPECT_TRUE(is_attached(devices[i]->attachment()));
  }
  EXPECT_EQ(different.size(), devices.size());
}

TEST_F(LoopDiskTest, LeavesTheDiskAloneWhenTheDirectoryBelowItsMountIsRemoved) {
  LoopDisk disk;
  {
    const TempDir other;
    const auto path = other.make_directory("mnt");
    disk.mount(path);
    write_file(path + "/file", "kept");
  }
  disk.mount(mountpoint_);
  EXPECT_EQ(read_text(mountpoint_ + "/file"), "kept");
}

}  // namespace
}  // namespace motoko::testing
