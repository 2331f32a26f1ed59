// `motokoctl fix` where systemd is PID 1: mount units made of fstab, Debian's smbd.service, udev.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/support/exporter_process.h"
#include "tests/support/loop_disk.h"
#include "tests/support/smbd_server.h"
#include "tests/support/systemd_machine.h"

namespace motoko::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr const char* kSmbConf = R"([global]
  server role = standalone server
  map to guest = Bad User
  disable netbios = yes
  load printers = no
  printcap name = /dev/null
[time]
  path = /time
  guest ok = yes
  read only = no
[space]
  path = /space
  guest ok = yes
  read only = no
)";

constexpr const char* kMotoko = R"(mounts:
  - path: /time
  - path: /space
remediation:
  settle: 1s
  cooldown: 0s
)";

class FixUnderSystemd : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_SYSTEMD_MACHINE("repairing a file server under systemd");
    if (const auto why = missing_smbd()) GTEST_SKIP() << "NOT TESTED: repairing a file server (" << *why << ")";
    disks_.emplace_back();
    disks_.emplace_back();
    machine_ = std::make_unique<SystemdMachine>(
        MachineOptions{.files = {{"/etc/fstab", fmt::format("UUID={} /time ext4 defaults,noatime,nofail 0 2\n"
                                                            "UUID={} /space ext4 defaults,noatime,nofail 0 2\n",
                                                            disks_[0].uuid(), disks_[1].uuid())},
                                 {"/etc/samba/smb.conf", kSmbConf},
                                 {"/etc/motoko/config.yml", kMotoko}},
                       .devices = {disks_[0].device(), disks_[1].device()}});
    if (machine_->is_seen_as_container())
      GTEST_SKIP() << "NOT TESTED: systemd's units from fstab (this host is a container itself)";
    machine_->run_checked({"systemctl", "start", "time.mount", "space.mount", "smbd.service"}, seconds(60));
    machine_->run_checked({"sh", "-c", "echo the only copy >/time/backup; chmod 777 /time /space; sync"});
  }

  nlohmann::json fix() {
    const auto start = std::chrono::steady_clock::now();
    const auto finished = machine_->run({program_path("motokoctl"), "fix", "--format=json"}, seconds(120));
    took_ = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
    printed_ = finished.standard_output + finished.standard_error;
    exit_code_ = finished.status.code;
    return nlohmann::json::parse(finished.standard_output);
  }

  std::string said(const std::vector<std::string>& argv) {
    auto text = machine_->run(argv).standard_output;
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }

  void expect_served() {
    EXPECT_EQ(said({"cat", "/time/backup"}), "the only copy");
    EXPECT_EQ(said({"systemctl", "is-active", "time.mount", "space.mount", "smbd.service"}), "active\nactive\nactive");
    EXPECT_THAT(said({"smbclient", "-N", "//127.0.0.1/time", "-c", "ls"}), HasSubstr("backup"));
    EXPECT_EQ(said({"sh", "-c", "grep -c ' /time ' /proc/self/mountinfo"}), "1");
  }

  std::vector<LoopDisk> disks_;
  std::unique_ptr<SystemdMachine> machine_;
  milliseconds took_{0};
  std::string printed_;
  int exit_code_ = -1;
};

TEST_F(FixUnderSystemd, CuresTheIncidentThroughTheHostsOwnUnits) {
  disks_[0].vanish();
  disks_.push_back(disks_[0].attach_again());
  machine_->plug_in(disks_.back().device());
  machine_->run_checked({"mount", disks_.back().device(), "/time"});
  disks_.back().vanish();
  disks_.push_back(disks_.back().attach_again());
  machine_->plug_in(disks_.back().device());

  const auto report = fix();
  EXPECT_EQ(exit_code_, 0) << printed_ << machine_->journal();
  EXPECT_EQ(report.at("outcome"), "fixed") << printed_ << machine_->journal();
  expect_served();
  EXPECT_EQ(said({"systemctl", "show", "-P", "SourcePath", "time.mount"}), "/etc/fstab");
  EXPECT_EQ(said({"findmnt", "-n", "-o", "SOURCE", "/time"}), disks_.back().device());
  EXPECT_LT(took_, seconds(30)) << printed_;
}

TEST_F(FixUnderSystemd, StopsAndStartsTheUnitAndMountsWhatWasShutDown) {
  disks_[0].shutdown(machine_->path("/time"));
  const auto before = said({"systemctl", "show", "-P", "MainPID", "smbd.service"});
  const auto report = fix();
  EXPECT_EQ(report.at("outcome"), "fixed") << printed_ << machine_->journal();
  EXPECT_NE(said({"systemctl", "show", "-P", "MainPID", "smbd.service"}), before);
  EXPECT_THAT(report.at("steps").at(0).at("detail").get<std::string>(), HasSubstr("smbd.service stopped"));
  expect_served();
}

// After an fstab that was edited, systemd still has the old unit.
TEST_F(FixUnderSystemd, ReadsANewerFstabFirst) {
  const auto fstab = read_text(machine_->path("/etc/fstab"));
  machine_->run_checked({"systemctl", "stop", "smbd.service", "time.mount"});
  machine_->write("/etc/fstab", fstab + "# edited\n");
  const auto report = fix();
  EXPECT_EQ(report.at("outcome"), "fixed") << printed_ << machine_->journal();
  EXPECT_EQ(said({"systemctl", "show", "-P", "NeedDaemonReload", "time.mount"}), "no");
  expect_served();
}

TEST_F(FixUnderSystemd, SaysWhatSystemdSaysWhereSambaDoesNotStart) {
  machine_->run_checked({"systemctl", "stop", "smbd.service"});
  machine_->write("/etc/samba/smb.conf", "[global\n");
  const auto report = fix();
  EXPECT_EQ(report.at("outcome"), "failed") << printed_;
  EXPECT_EQ(exit_code_, 1);
  EXPECT_THAT(report.at("detail").get<std::string>(), HasSubstr("smbd.service"));
  EXPECT_THAT(report.at("detail").get<std::string>(), HasSubstr("journalctl"));
}

}  // namespace
}  // namespace motoko::testing
