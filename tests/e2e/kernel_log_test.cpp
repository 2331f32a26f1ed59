// What the kernel's log says of the guarded disks, and what it does not.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <string_view>

#include "exporter/base/unique_fd.h"
#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class KernelLog : public StorageTest {
 protected:
  [[nodiscard]] double events(const std::string& device, const std::string& kind) {
    return host_.exporter()
        .scrape()
        .value("motoko_kernel_storage_events_total", {{"device", device}, {"kind", kind}})
        .value_or(0);
  }
  [[nodiscard]] ::testing::AssertionResult events_reach(const std::string& device, const std::string& kind,
                                                        double count) {
    return eventually(
        std::chrono::seconds(10), [&] { return events(device, kind) >= count; },
        [&] { return host_.exporter().scrape().lines("motoko_kernel_"); });
  }

  /// Mounted, and the kernel's log names the file system. It prints at most 64 such messages in 30 s, whoever mounts
  /// (fs/ext4/super.c: ext4_mount_msg_ratelimit), and other tests mount a lot.
  void mount_as_logged(LoopDisk& disk, const std::string& path) {
    const auto announced = [&] {
      const base::UniqueFd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
      ::lseek(log.get(), 0, SEEK_END);
      disk.mount(path);
      std::array<char, 8192> record;
      while (true) {
        const auto size = ::read(log.get(), record.data(), record.size());
        if (size < 0 && errno == EPIPE) continue;
        if (size <= 0) break;
        const std::string_view text(record.data(), static_cast<std::size_t>(size));
        if (text.find("(" + disk.name() + "): mounted filesystem") != std::string_view::npos) return true;
      }
      disk.unmount(path);
      return false;
    };
    ASSERT_TRUE(eventually(std::chrono::seconds(60), announced)) << "the kernel does not log mounts";
  }

  /// Puts something over /dev/kmsg that cannot be opened. Private to this test's mount namespace.
  void hide_kernel_log() {
    const auto path = host_.directory().path("kmsg");
    const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    path.copy(address.sun_path, path.size());
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    bind_mount(path, "/dev/kmsg");
    kernel_log_hidden_ = true;
  }
  void TearDown() override {
    StorageTest::TearDown();
    if (kernel_log_hidden_) ::umount2("/dev/kmsg", MNT_DETACH);
  }

 private:
  bool kernel_log_hidden_ = false;
};

TEST_F(KernelLog, EventsAreCountedByDeviceAndKindAndAttributedToTheirMountAlone) {
  LoopDisk faulty({.errors = "remount-ro"});
  LoopDisk sound;
  const auto path = host_.guard("time", faulty.uuid());
  const auto other = host_.guard("space", sound.uuid());
  mount_with_file(faulty, path);
  mount_with_file(sound, other);
  ASSERT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", 0}}));
  const auto errors = events(faulty.name(), "ext4_error");
  const auto remounts = events(faulty.name(), "remount_ro");
  const auto aborts = events(faulty.name(), "journal_abort");

  faulty.trigger_fs_error();
  EXPECT_TRUE(events_reach(faulty.name(), "ext4_error", errors + 1));
  EXPECT_TRUE(events_reach(faulty.name(), "remount_ro", remounts + 1));
  EXPECT_TRUE(events_reach(faulty.name(), "journal_abort", aborts + 1));
  EXPECT_EQ(events(faulty.name(), "ext4_error"), errors + 1);
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", 1}}));
  EXPECT_TRUE(host_.shows(other, {{"motoko_ext4_recent_errors", 0}, {"motoko_ext4_superblock_errors", 0}}));
}

TEST_F(KernelLog, AShutdownIsAnEvent) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  const auto before = events(disk.name(), "ext4_shutdown");
  disk.shutdown(path);
  EXPECT_TRUE(events_reach(disk.name(), "ext4_shutdown", before + 1));
}

// The kernel gives the same device name to the next disk; what it said of the last one is not the new one's fault.
TEST_F(KernelLog, ErrorsOfADiskThatHadTheSameDeviceNameBeforeAreNotBlamedOnTheNextOne) {
  LoopDisk disk;
  const auto next_uuid = random_uuid();
  const auto next_path = host_.guard("next", next_uuid);
  const auto elsewhere = host_.directory().make_directory("elsewhere");
  disk.mount(elsewhere);
  disk.trigger_fs_error();
  ASSERT_TRUE(eventually(std::chrono::seconds(5), [&] { return disk.ext4_attribute("errors_count") == "1"; }));
  disk.unmount(elsewhere);
  run_checked({{"mkfs.ext4", "-q", "-F", "-U", next_uuid, disk.device()}});
  mount_as_logged(disk, next_path);
  EXPECT_TRUE(host_.shows(next_path, healthy()));
  EXPECT_TRUE(host_.shows(next_path, {{"motoko_ext4_recent_errors", 0}, {"motoko_ext4_superblock_errors", 0}}));
  EXPECT_GE(events(disk.name(), "ext4_error"), 1) << "read from the log of this boot, from before the exporter started";
  EXPECT_TRUE(check_says(kHealthy, next_path, {}));
}

TEST_F(KernelLog, ErrorsFromBeforeTheExporterStartedCount) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  disk.trigger_fs_error();
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", 1}, {"motoko_ext4_superblock_errors", 1}}));
  EXPECT_TRUE(check_says(kWarning, path, {"kernel_errors"}));
}

TEST_F(KernelLog, WhatAProgramWritesToTheLogCountsForNothing) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  write_file("/dev/kmsg", "<2>EXT4-fs error (device " + disk.name() + "): forged: by a program");
  disk.trigger_fs_error();  // comes after the forged one, so once this one is counted the forged one was read
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", 1}}));
}

TEST_F(KernelLog, AnUnreadableLogTakesDownItsOwnSeriesOnly) {
  hide_kernel_log();
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(host_.shows(path, {{"motoko_ext4_recent_errors", kAbsent}, {"motoko_ext4_superblock_errors", 0}}));
  EXPECT_TRUE(host_.shows("", {{"motoko_collector_success", 0, {{"collector", "kernel_log"}}},
                               {"motoko_collector_success", 1, {{"collector", "mounts"}}},
                               {"motoko_collector_success", 1, {{"collector", "ext4"}}},
                               {"motoko_kernel_log_lost_total", kAbsent}}));
  EXPECT_TRUE(host_.exporter().scrape().samples("motoko_kernel_storage_events_total").empty());
  EXPECT_NE(host_.exporter().log().find("/dev/kmsg"), std::string::npos) << host_.exporter().log();
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kUnknown) << report.printed;
  EXPECT_EQ(report.json.at("severity"), "unknown");
  EXPECT_NE(report.printed.find("/dev/kmsg"), std::string::npos) << report.printed;
}

}  // namespace
}  // namespace motoko::testing
