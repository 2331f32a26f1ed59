// The probes against real ext4 on loop devices: dead, failing and hung disks.
#include "exporter/sources/disk_probes.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "exporter/sources/block_devices.h"
#include "exporter/sources/mount_tables.h"
#include "exporter/sources/worker_requests.h"
#include "tests/support/fuse_disk.h"
#include "tests/support/loop_disk.h"
#include "tests/support/private_mount_namespace.h"
#include "tests/support/privileges.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using observation::MountProbes;
using observation::ProbeTarget;

class DiskProbesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("probes of real disks");
    ASSERT_TRUE(testing::enter_private_mount_namespace());
    path_ = directory_.make_directory("time");
    workers_ = std::make_unique<DiskWorkers>(WorkerZygote::start(serve_worker_request).value());
    start({});
  }

  void start(std::optional<std::chrono::seconds> write_interval) {
    probes_ = std::make_unique<DiskProbes>(
        *workers_, DiskProbesOptions{.deadline = 500ms, .write_interval = write_interval, .on_late_answer = {}});
  }

  ProbeTarget target(const std::string& device_path) {
    MountInfoReader reader({});
    const auto stack = observation::stack_at(**reader.read(), path_);
    ProbeTarget target{.path = path_, .top = {}, .device_path = device_path, .time_machine = false};
    if (!stack.empty()) target.top = stack.back();
    return target;
  }

  MountProbes touch(const std::string& device_path) {
    return probes_->touch({target(device_path)}).at(0).probes.value();
  }

  static std::string read_error(const MountProbes& probes) {
    if (!probes.read) return "unknown: " + probes.read.error().message();
    return probes.read->error ? probes.read->error->code.message() : "";
  }

  void store_a_file() {
    std::filesystem::create_directory(path_ + "/folder");
    testing::write_file(path_ + "/folder/file", std::string(10000, 'x'));
    ::sync();
  }

  testing::TempDir directory_;
  std::string path_;
  std::unique_ptr<DiskWorkers> workers_;
  std::unique_ptr<DiskProbes> probes_;
};

TEST_F(DiskProbesTest, HealthyDiskAnswers) {
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  const auto probes = touch(disk.device());
  EXPECT_EQ(read_error(probes), "");
  EXPECT_FALSE(probes.statfs->error);
  EXPECT_GT(probes.usage->size_bytes, 8U << 20);
  EXPECT_FALSE(probes.write) << "nobody asked for it";
}

TEST_F(DiskProbesTest, DiskWithoutAnyFileIsReadThroughItsDevice) {
  testing::LoopDisk disk;
  disk.mount(path_);
  EXPECT_EQ(read_error(touch(disk.device())), "");
  EXPECT_THAT(read_error(touch("")), ::testing::StartsWith("unknown: no file on"))
      << "without its device nothing is proved";
  disk.vanish();
  EXPECT_NE(read_error(touch(disk.device())), "");
}

TEST_F(DiskProbesTest, OnlyAFileWithBlocksOnTheDiskProvesAnything) {
  testing::LoopDisk disk({.mkfs_arguments = {"-O", "inline_data", "-I", "256"}});
  disk.mount(path_);
  testing::write_file(path_ + "/inline", "tiny");
  testing::write_file(path_ + "/sparse", "");
  std::filesystem::resize_file(path_ + "/sparse", 1 << 20);
  ::sync();
  EXPECT_THAT(read_error(touch("")), ::testing::StartsWith("unknown: no file on"));
}

TEST_F(DiskProbesTest, ShutDownFileSystemFailsTheReadAndNotStatfs) {
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  ASSERT_EQ(read_error(touch(disk.device())), "");
  disk.shutdown(path_);
  const auto probes = touch(disk.device());
  EXPECT_EQ(read_error(probes), "Input/output error");
  EXPECT_FALSE(probes.statfs->error) << "this is what fools others";
}

TEST_F(DiskProbesTest, VanishedMediumFailsTheReadThoughTheDirectoryIsCached) {
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  ASSERT_EQ(read_error(touch(disk.device())), "");
  disk.vanish();
  EXPECT_EQ(read_error(touch(disk.device())), "Input/output error");
  disk.restore();
  EXPECT_EQ(read_error(touch(disk.device())), "") << "nothing latches";
}

TEST_F(DiskProbesTest, HungDiskIsReportedInTimeAndRecovers) {
  testing::FuseDisk fuse;
  fuse.disk().mount(path_);
  store_a_file();
  ASSERT_EQ(read_error(touch(fuse.disk().device())), "");
  fuse.hang();
  touch(fuse.disk().device());  // keeps the last answer until the deadline
  std::this_thread::sleep_for(600ms);
  const auto start = std::chrono::steady_clock::now();
  const auto probes = touch(fuse.disk().device());
  EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms) << "a disk known to hang is not waited for";
  EXPECT_EQ(read_error(probes), "Connection timed out");
  EXPECT_FALSE(probes.statfs->error);
  EXPECT_LE(workers_->abandoned(), 2U)
      << "one process for a mount (and one for its device), however often it is touched";
  fuse.answer();
  std::string error = "not touched";
  for (int i = 0; i < 100 && !error.empty(); ++i) {
    std::this_thread::sleep_for(50ms);
    error = read_error(touch(fuse.disk().device()));
  }
  EXPECT_EQ(error, "");
}

TEST_F(DiskProbesTest, HungDiskDoesNotDelayTheOthers) {
  testing::FuseDisk fuse;
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  const auto healthy = target(disk.device());
  const std::string other = directory_.make_directory("hung");
  fuse.disk().mount(other);
  path_ = other;
  store_a_file();
  const auto hung = target(fuse.disk().device());
  probes_->touch({hung, healthy});
  fuse.hang();
  probes_->touch({hung, healthy});
  std::this_thread::sleep_for(600ms);
  const auto start = std::chrono::steady_clock::now();
  const auto results = probes_->touch({hung, healthy});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 100ms);
  EXPECT_EQ(read_error(results[1].probes.value()), "");
  EXPECT_EQ(read_error(results[0].probes.value()), "Connection timed out");
}

TEST_F(DiskProbesTest, FailingReadsAreSeenThoughTheListingIsCached) {
  testing::FuseDisk fuse;
  fuse.disk().mount(path_);
  store_a_file();
  ASSERT_EQ(read_error(touch(fuse.disk().device())), "");
  fuse.fail_reads(true);
  EXPECT_FALSE(std::filesystem::is_empty(path_));
  EXPECT_EQ(read_error(touch(fuse.disk().device())), "Input/output error");
}

TEST_F(DiskProbesTest, FailingWritesAreSeenOnlyByTheWriteProbe) {
  testing::FuseDisk fuse;
  fuse.disk().mount(path_);
  store_a_file();
  start(std::chrono::seconds(0));
  ASSERT_FALSE(touch(fuse.disk().device()).write->error);
  fuse.fail_writes(true);
  const auto probes = touch(fuse.disk().device());
  EXPECT_EQ(read_error(probes), "");
  ASSERT_TRUE(probes.write->error);
  EXPECT_TRUE(probes.write->error->is(std::errc::io_error)) << probes.write->error->message();
}

TEST_F(DiskProbesTest, WriteProbeLeavesNothingBehind) {
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  start(std::chrono::seconds(0));
  const auto free_before = touch(disk.device()).usage->free_bytes;
  for (int i = 0; i < 20; ++i) ASSERT_FALSE(touch(disk.device()).write->error);
  EXPECT_EQ(touch(disk.device()).usage->free_bytes, free_before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path_), {}), 2) << "lost+found and what the test stored";
}

TEST_F(DiskProbesTest, BareMountpointIsCountedInsteadOfTouched) {
  EXPECT_EQ(probes_->touch({target("")}).at(0).shadowed_entries.value().value(), 0U);
  testing::write_file(path_ + "/.hidden", "x");
  testing::write_file(path_ + "/seen", "x");
  const auto result = probes_->touch({target("")}).at(0);
  EXPECT_EQ(result.shadowed_entries.value().value(), 2U);
  EXPECT_FALSE(result.probes);
}

TEST_F(DiskProbesTest, FileSystemMountedAnewStartsAfresh) {
  testing::LoopDisk disk;
  disk.mount(path_);
  store_a_file();
  disk.shutdown(path_);
  ASSERT_EQ(read_error(touch(disk.device())), "Input/output error");
  disk.unmount(path_);
  disk.mount(path_);
  EXPECT_EQ(read_error(touch(disk.device())), "");
}

}  // namespace
}  // namespace motoko::sources
