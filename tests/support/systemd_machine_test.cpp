// The machine that other tests rely on: real units from fstab, real udev, Debian's own services, and nothing left.
#include "tests/support/systemd_machine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>

#include "tests/support/eventually.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"

namespace motoko::testing {
namespace {

class SystemdMachineTest : public ::testing::Test {
 protected:
  void SetUp() override { MOTOKO_REQUIRE_SYSTEMD_MACHINE("systemd as PID 1"); }
};

TEST_F(SystemdMachineTest, RunsSystemdUdevAndTheSystemBusAndNothingElse) {
  SystemdMachine machine({.files = {{"/etc/motoko/greeting", "hello\n"}}});
  EXPECT_EQ(machine.run_checked({"cat", "/proc/1/comm"}), "systemd\n");
  EXPECT_EQ(machine.run_checked({"cat", "/etc/motoko/greeting"}), "hello\n");
  EXPECT_EQ(machine.run({"systemctl", "is-system-running"}).standard_output, "running\n") << machine.journal();
  EXPECT_EQ(machine.run_checked({"systemctl", "list-units", "--type=service", "--state=running", "--plain",
                                 "--no-legend", "--no-pager"}),
            machine.run_checked({"systemctl", "list-units", "--plain", "--no-legend", "--no-pager", "dbus.service",
                                 "systemd-journald.service", "systemd-udevd.service"}));
}

TEST_F(SystemdMachineTest, MountsADiskThatFstabNamesByUuidWhenItBoots) {
  const LoopDisk disk;
  SystemdMachine machine(
      {.files = {{"/etc/fstab", fmt::format("UUID={} /time ext4 defaults,noatime 0 2\n", disk.uuid())}},
       .devices = {disk.device()}});
  if (machine.is_seen_as_container()) GTEST_SKIP() << "NOT TESTED: units from fstab (this host is a container itself)";
  EXPECT_EQ(machine.run_checked({"findmnt", "-n", "-o", "SOURCE,FSTYPE", "/time"}),
            fmt::format("{} ext4\n", disk.device()));
  EXPECT_EQ(machine.run_checked({"systemctl", "is-active", "time.mount"}), "active\n");
  EXPECT_EQ(machine.run_checked({"readlink", "-f", "/dev/disk/by-uuid/" + disk.uuid()}), disk.device() + "\n");
}

TEST_F(SystemdMachineTest, SeesADiskThatIsPluggedInLater) {
  const LoopDisk disk;
  SystemdMachine machine;
  if (machine.is_seen_as_container()) GTEST_SKIP() << "NOT TESTED: units from fstab (this host is a container itself)";
  machine.write("/etc/fstab", fmt::format("UUID={} /time ext4 defaults,noatime 0 2\n", disk.uuid()));
  machine.run_checked({"systemctl", "daemon-reload"});
  machine.plug_in(disk.device());
  machine.run_checked({"systemctl", "start", "time.mount"});
  EXPECT_EQ(machine.run_checked({"findmnt", "-n", "-o", "SOURCE", "/time"}), disk.device() + "\n");
}

TEST_F(SystemdMachineTest, RunsDebiansSmbd) {
  SystemdMachine machine;
  if (machine.run({"systemctl", "cat", "smbd.service"}).status.code != 0)
    GTEST_SKIP() << "NOT TESTED: smbd under systemd (no smbd.service)";
  machine.run_checked({"systemctl", "start", "smbd.service"});
  EXPECT_EQ(machine.run_checked({"systemctl", "is-active", "smbd.service"}), "active\n") << machine.journal();
}

/// The cgroup that the machine's processes are in, as a directory of the host; empty: the host does not mount them.
std::string cgroup_of(const SystemdMachine& machine) {
  const auto text = read_text(fmt::format("/proc/{}/cgroup", machine.pid()));
  const auto path = text.substr(text.find("0::") + 3);
  for (const auto& row : mount_rows()) {
    // Not the test's own mount.
    if (row.fs_type == "cgroup2" && row.target.starts_with("/sys/"))
      return row.target + path.substr(0, path.find("/init.scope"));
  }
  return {};
}

TEST_F(SystemdMachineTest, LeavesTheHostAlone) {
  const auto host_sysctl = read_text("/proc/sys/fs/nr_open") + read_text("/proc/sys/kernel/core_pattern");
  const auto host_rows = mount_rows();
  std::string cgroup;
  {
    SystemdMachine machine;
    cgroup = cgroup_of(machine);
    EXPECT_TRUE(cgroup.empty() || std::filesystem::exists(cgroup));
    EXPECT_NE(machine.run({"sh", "-c", "echo 1048575 > /proc/sys/fs/nr_open"}).status.code, 0);
    machine.write("/usr/bin/motoko-test-file", "x");
    machine.run_checked({"test", "-e", "/usr/bin/motoko-test-file"});
  }
  EXPECT_FALSE(std::filesystem::exists("/usr/bin/motoko-test-file"));
  EXPECT_EQ(mount_rows(), host_rows);
  EXPECT_EQ(read_text("/proc/sys/fs/nr_open") + read_text("/proc/sys/kernel/core_pattern"), host_sysctl);
  EXPECT_FALSE(std::filesystem::exists(cgroup)) << cgroup;
}

TEST_F(SystemdMachineTest, EndsWithATestThatCrashes) {
  const TempDir directory;
  const pid_t test = ::fork();
  if (test == 0) {
    ::setenv("TMPDIR", directory.path().c_str(), 1);  // what it leaves behind goes with this test
    try {
      const SystemdMachine machine;
      write_file(directory.path("cgroup"), cgroup_of(machine));
      write_file(directory.path("pid"), std::to_string(machine.pid()));
      ::kill(::getpid(), SIGKILL);
    } catch (const std::exception& error) {
      std::fputs(error.what(), stderr);
    }
    ::_exit(1);
  }
  ::waitpid(test, nullptr, 0);
  const auto pid = std::atoi(read_text(directory.path("pid")).c_str());
  const auto cgroup = read_text(directory.path("cgroup"));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] { return ::kill(pid, 0) != 0; }));
  EXPECT_TRUE(eventually(std::chrono::seconds(10), [&] { return !std::filesystem::exists(cgroup); }));
}

}  // namespace
}  // namespace motoko::testing
