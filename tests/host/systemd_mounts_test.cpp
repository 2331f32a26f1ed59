// What systemd makes of a disk that fstab names: real units from fstab, a real ext4 on a loop device, real udev.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "exporter/base/unique_fd.h"
#include "exporter/host/systemd_units.h"
#include "exporter/host/unit_name.h"
#include "tests/support/eventually.h"
#include "tests/support/loop_disk.h"
#include "tests/support/systemd_machine.h"
#include "tests/support/temp_dir.h"
#include "tests/support/uncached_read.h"

namespace motoko::host {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kEnough{30};

std::string message_of(const base::Status& status) {
  return status ? "success" : status.error().message();
}

class SystemdMountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_SYSTEMD_MACHINE("mounting through systemd's units from fstab");
    disk_ = std::make_unique<testing::LoopDisk>();
    machine_ = std::make_unique<testing::SystemdMachine>(testing::MachineOptions{
        .files = {{"/etc/fstab", fstab_line("/time", "defaults,noatime,nofail")}}, .devices = {disk_->device()}});
    if (machine_->is_seen_as_container())
      GTEST_SKIP() << "NOT TESTED: systemd's units from fstab (this host is a container itself)";
    auto units = SystemdUnits::connect(machine_->path("/run"));
    ASSERT_TRUE(units) << units.error().message();
    units_ = std::make_unique<SystemdUnits>(*std::move(units));
    // nofail: the boot does not wait for it.
    ASSERT_EQ(message_of(units_->start("time.mount", kEnough)), "success") << machine_->journal();
  }

  [[nodiscard]] std::string fstab_line(const std::string& mountpoint, const std::string& options) const {
    return fmt::format("UUID={} {} ext4 {} 0 2\n", disk_->uuid(), mountpoint, options);
  }
  [[nodiscard]] UnitState state(const std::string& unit) {
    auto state = units_->state(unit);
    if (!state) throw std::runtime_error(state.error().message());
    return *std::move(state);
  }
  std::string states(const std::string& unit) {
    const auto now = state(unit);
    return now.active_state + " " + now.sub_state;
  }
  std::string mounted_on(const std::string& mountpoint) {
    return machine_->run({"findmnt", "-n", "-o", "SOURCE", mountpoint}).standard_output;
  }

  ::testing::AssertionResult becomes(const std::string& wanted) {
    std::string seen;
    return testing::eventually(
        kEnough, [&] { return (seen = states("time.mount")) == wanted; }, [&] { return seen; });
  }

  std::unique_ptr<testing::LoopDisk> disk_;
  std::unique_ptr<testing::SystemdMachine> machine_;
  std::unique_ptr<SystemdUnits> units_;
};

TEST_F(SystemdMountsTest, MountsAndUnmountsWhatFstabNames) {
  EXPECT_EQ(mounted_on("/time"), disk_->device() + "\n");
  const auto mounted = state("time.mount");
  EXPECT_EQ(mounted.active_state + " " + mounted.sub_state, "active mounted");
  EXPECT_EQ(mounted.fragment_path, "/run/systemd/generator/time.mount");
  EXPECT_EQ(mounted.source_path, "/etc/fstab");
  EXPECT_EQ(mounted.result, "success");
  EXPECT_FALSE(mounted.need_daemon_reload);

  EXPECT_EQ(message_of(units_->stop("time.mount", kEnough)), "success");
  EXPECT_EQ(mounted_on("/time"), "");
  EXPECT_EQ(states("time.mount"), "inactive dead");
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success");
  EXPECT_EQ(mounted_on("/time"), disk_->device() + "\n");
}

TEST_F(SystemdMountsTest, AChangedFstabIsReadByDaemonReload) {
  const auto unit = mount_unit_name("/srv/time machine");
  EXPECT_EQ(state(unit).load_state, "not-found");
  machine_->write("/etc/fstab", fstab_line("/time", "defaults,nofail") + fstab_line("/srv/time\\040machine", "noauto"));
  EXPECT_TRUE(state("time.mount").need_daemon_reload);
  EXPECT_FALSE(units_->start(unit, kEnough)) << "systemd does not know of it yet";

  EXPECT_EQ(message_of(units_->daemon_reload(kEnough)), "success");
  EXPECT_FALSE(state("time.mount").need_daemon_reload);
  EXPECT_EQ(state(unit).load_state, "loaded");
  EXPECT_EQ(message_of(units_->start(unit, kEnough)), "success");
  EXPECT_EQ(mounted_on("/srv/time machine"), disk_->device() + "\n");
}

TEST_F(SystemdMountsTest, ADeadMountIsActiveForSystemdUntilItIsDetached) {
  const auto file = machine_->path("/time/backup");
  testing::write_file(file, "kept");
  disk_->shutdown(machine_->path("/time"));
  ASSERT_EQ(testing::uncached_read_error(file), EIO);
  EXPECT_EQ(states("time.mount"), "active mounted");
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success") << "the trap: it changes nothing";
  EXPECT_EQ(testing::uncached_read_error(file), EIO);

  machine_->run_checked({"umount", "--lazy", "/time"});
  EXPECT_TRUE(becomes("inactive dead"));
  ASSERT_TRUE(testing::eventually(kEnough, [&] { return disk_->ext4_attribute("errors_count").empty(); }))
      << "the dead superblock is still there";
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success");
  EXPECT_EQ(states("time.mount"), "active mounted");
  EXPECT_EQ(mounted_on("/time"), disk_->device() + "\n");
  testing::write_file(file, "written again");
  EXPECT_EQ(testing::uncached_read_error(file), 0);
}

TEST_F(SystemdMountsTest, AnIdleDiskThatVanishesIsUnmountedAndNotMountedAgain) {
  disk_->vanish();
  EXPECT_TRUE(becomes("inactive dead"));
  const auto again = disk_->attach_again();
  machine_->plug_in(again.device());
  EXPECT_EQ(mounted_on("/time"), "");
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success");
  EXPECT_EQ(mounted_on("/time"), again.device() + "\n");
}

TEST_F(SystemdMountsTest, ABusyDiskThatVanishesStaysMountedUntilItIsDetached) {
  const auto file = machine_->path("/time/backup");
  testing::write_file(file, "kept");
  const base::UniqueFd held(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  disk_->vanish();
  // systemd tries to unmount it once: "target is busy".
  EXPECT_TRUE(testing::eventually(kEnough, [&] { return state("time.mount").result == "exit-code"; }));
  EXPECT_EQ(states("time.mount"), "active mounted");
  const auto without_disk = units_->start("time.mount", seconds(1));
  ASSERT_FALSE(without_disk) << "its fsck waits for the disk";
  EXPECT_TRUE(without_disk.error().is(std::errc::timed_out)) << message_of(without_disk);
  EXPECT_NE(message_of(without_disk).find("its job still waited for others, and is cancelled"), std::string::npos);

  const auto again = disk_->attach_again();
  machine_->plug_in(again.device());
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success") << "the trap: it changes nothing";
  EXPECT_EQ(mounted_on("/time"), disk_->device() + "\n");

  machine_->run_checked({"umount", "--lazy", "/time"});
  EXPECT_TRUE(becomes("failed failed"));
  EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success") << machine_->journal();
  EXPECT_EQ(mounted_on("/time"), again.device() + "\n");
  std::this_thread::sleep_for(seconds(2));
  EXPECT_EQ(states("time.mount"), "active mounted") << "stays";
  EXPECT_EQ(mounted_on("/time"), again.device() + "\n");
}

/// systemd reads the mount table at most five times a second, so that state() may lag behind; start() must not.
TEST_F(SystemdMountsTest, AStartRightAfterManyMountsChangedIsReal) {
  machine_->run_checked(
      {"sh", "-c", "for i in 1 2 3 4 5 6 7 8; do mount --bind /srv /srv; sleep 0.02; umount /srv; done"});
  for (int i = 0; i < 3; ++i) {
    machine_->run_checked({"umount", "--lazy", "/time"});
    EXPECT_EQ(message_of(units_->start("time.mount", kEnough)), "success");
    EXPECT_EQ(mounted_on("/time"), disk_->device() + "\n");
  }
}

}  // namespace
}  // namespace motoko::host
