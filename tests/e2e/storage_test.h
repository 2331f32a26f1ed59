// What the tests of the real programs against real disks share.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/fuse_disk.h"
#include "tests/support/guarded_host.h"
#include "tests/support/loop_disk.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"
#include "tests/support/process_state.h"

namespace motoko::testing {

using Codes = std::set<std::string>;

inline const std::vector<std::string>& stale_reasons() {
  static const std::vector<std::string> reasons = {"device_gone", "wrong_device", "shutdown", "io_error",
                                                   "unresponsive"};
  return reasons;
}

/// What every scrape shows of a mount that nothing is wrong with.
inline std::vector<Expected> healthy() {
  std::vector<Expected> expected = {
      {"motoko_mount_healthy", 1},        {"motoko_mount_present", 1},
      {"motoko_mount_stale", 0},          {"motoko_mount_duplicates", 0},
      {"motoko_mount_stale_layers", 0},   {"motoko_mount_emergency_ro", 0},
      {"motoko_mount_shutdown", 0},       {"motoko_mount_read_only", 0},
      {"motoko_mount_device_present", 1}, {"motoko_mount_detached_superblock", 0},
  };
  for (const auto& reason : stale_reasons()) expected.push_back({"motoko_mount_stale_reason", 0, {{"reason", reason}}});
  for (const auto* probe : {"statfs", "read"}) {
    expected.push_back({"motoko_mount_probe_success", 1, {{"probe", probe}}});
  }
  return expected;
}

class StorageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("the programs against real disks");
    adopt_orphans();
  }

  /// Runs after the disks of the test are gone, so a process that one of them held is free to end.
  void TearDown() override {
    EXPECT_TRUE(host_.stop_exporter());
    std::string left;
    EXPECT_TRUE(eventually(
        std::chrono::seconds(10),
        [&] {
          left.clear();
          for (const auto& row : descendants(::getpid())) {
            if (row.state != 'Z') left += row.name + " in state " + row.state + "\n";
          }
          return left.empty();
        },
        [&] { return "processes left behind:\n" + left; }));
  }

  /// Mounted, with a file in it whose blocks are on the disk: what a read probe can read.
  static void mount_with_file(LoopDisk& disk, const std::string& path, const std::string& options = "") {
    disk.mount(path, options);
    write_file(path + "/file", std::string(8192, 'x'));
    disk.flush();
  }

  /// The kernel has let go of the disk's file system: nothing, the exporter included, holds it any more.
  [[nodiscard]] static ::testing::AssertionResult released(const LoopDisk& disk) {
    return eventually(std::chrono::seconds(10), [&] { return disk.ext4_attribute("errors_count").empty(); });
  }

  /// `motokoctl check` exits with `exit_code`, and its findings on `path` are exactly `codes`. Waits for that a while:
  /// the kernel's log and counters follow a fault a little later, and while a disk of another test dies it is unknown
  /// whose file system that was.
  [[nodiscard]] ::testing::AssertionResult check_says(int exit_code, const std::string& path, const Codes& codes) {
    CheckReport report;
    return eventually(
        std::chrono::seconds(10),
        [&] {
          report = host_.check();
          return report.exit_code == exit_code && report.codes(path) == codes;
        },
        [&] { return "exit code " + std::to_string(report.exit_code) + ", report " + report.printed; });
  }

  GuardedHost host_;
};

/// Exit codes of `motokoctl check`.
inline constexpr int kHealthy = 0;
inline constexpr int kWarning = 1;
inline constexpr int kCritical = 2;
inline constexpr int kUnknown = 3;

}  // namespace motoko::testing
