#include "exporter/observation/kernel_log_queries.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace motoko::observation {
namespace {

using namespace std::chrono_literals;
using base::MonotonicTime;
using Kind = KernelEventKind;

constexpr const char* kOurs = "f54cf57c-e434-45f5-bde3-cc706ffbe849";
constexpr const char* kOthers = "7f5e508d-fcac-4d18-80ca-84c857b20b40";

MonotonicTime at(std::chrono::seconds time) {
  return MonotonicTime(time);
}

KernelLog log_of(Kind kind, const std::string& device, const std::string& filesystem = "", std::uint64_t count = 1) {
  KernelLog log;
  log.events.push_back(
      {.time = at(100s), .kind = kind, .device = device, .filesystem = filesystem, .count = count, .text = "x"});
  return log;
}

TEST(RecentErrors, CountsTheKindsThatAreErrors) {
  for (const Kind kind : kKernelEventKinds) {
    const bool error = kind == Kind::ext4_error || kind == Kind::ext4_warning || kind == Kind::io_error;
    EXPECT_EQ(recent_errors(log_of(kind, "sdb1"), {"sdb1"}, kOurs, at(0s)), error ? 1u : 0u) << to_string(kind);
  }
}

TEST(RecentErrors, CountsWhatIsNotOlderThanTheWindow) {
  const auto log = log_of(Kind::io_error, "sdb1", "", 7);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(100s)), 7u);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(101s)), 0u);
}

TEST(RecentErrors, BelongToTheFileSystemThatTheDeviceCarriedThen) {
  const auto ours = log_of(Kind::ext4_error, "sdb1", kOurs);
  EXPECT_EQ(recent_errors(ours, {"sdd1"}, "F54CF57C-E434-45F5-BDE3-CC706FFBE849", at(0s)), 1u) << "it moved to sdd1";
  const auto others = log_of(Kind::ext4_error, "sdb1", kOthers);
  EXPECT_EQ(recent_errors(others, {"sdb1"}, kOurs, at(0s)), 0u) << "another disk had the name";
  EXPECT_EQ(recent_errors(others, {"sdb1"}, "", at(0s)), 1u) << "ours is not known by its UUID";
}

TEST(RecentErrors, OfAWholeDiskBelongToItsPartitions) {
  const auto counted = [](const std::string& event_device, const std::string& mount_device) {
    return recent_errors(log_of(Kind::io_error, event_device), {"sdz9", mount_device}, kOurs, at(0s)) == 1;
  };
  EXPECT_TRUE(counted("sdb", "sdb1"));
  EXPECT_TRUE(counted("sdb", "sdb12"));
  EXPECT_TRUE(counted("sdb", "sdb"));
  EXPECT_TRUE(counted("nvme0n1", "nvme0n1p1"));
  EXPECT_TRUE(counted("mmcblk0", "mmcblk0p1"));
  EXPECT_TRUE(counted("md127", "md127p1"));
  EXPECT_FALSE(counted("sdb", "sdba1"));
  EXPECT_FALSE(counted("sdb2", "sdb1"));
  EXPECT_FALSE(counted("sdb1", "sdb12"));
  EXPECT_FALSE(counted("nvme0n1", "nvme0n12"));
  EXPECT_FALSE(counted("nvme0n1", "nvme0n1p"));
  EXPECT_FALSE(counted("mmcblk0", "mmcblk0boot0"));
  EXPECT_FALSE(counted("sdb1", "sdb")) << "the partition's error is not the whole disk's file system's";
  EXPECT_FALSE(counted("unknown", "sdb1"));
  EXPECT_FALSE(counted("", "1"));
}

TEST(RecentErrors, OfADeviceThatAnotherDiskHadBeforeDoNotCount) {
  auto log = log_of(Kind::io_error, "sdb");
  log.attached["sdb"] = at(101s);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(0s)), 0u);
  log.attached["sdb"] = at(99s);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(0s)), 1u);
}

TEST(RecentErrors, FromBeforeTheMountDoNotCountWhereTheyNameNoFileSystem) {
  auto log = log_of(Kind::io_error, "sdb1");
  log.devices["sdb1"].mounted = at(101s);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(0s)), 0u);
  log.devices["sdb1"].mounted = at(99s);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(0s)), 1u);
  log.events.front().filesystem = kOurs;
  log.devices["sdb1"].mounted = at(101s);
  EXPECT_EQ(recent_errors(log, {"sdb1"}, kOurs, at(0s)), 1u) << "it names ours";
}

struct DerivedCase {
  const char* what;
  std::optional<std::chrono::seconds> mounted;
  std::optional<std::chrono::seconds> bad_news;
  bool since_boot;
  std::optional<bool> expected;
};

TEST(DerivedState, FollowsTheNewestMessage) {
  for (const DerivedCase& c : {
           DerivedCase{"after the mount", 10s, 20s, false, true},
           DerivedCase{"at the same moment as the mount", 10s, 10s, false, true},
           DerivedCase{"before the mount", 20s, 10s, false, false},
           DerivedCase{"mounted, nothing bad", 10s, std::nullopt, false, false},
           DerivedCase{"bad, its mount not in the log", std::nullopt, 10s, false, true},
           DerivedCase{"bad, its mount not in a complete log", std::nullopt, 10s, true, true},
           DerivedCase{"neither, log incomplete", std::nullopt, std::nullopt, false, std::nullopt},
           DerivedCase{"neither, log complete", std::nullopt, std::nullopt, true, false},
       }) {
    const auto time = [](auto seconds) { return seconds ? std::optional(at(*seconds)) : std::nullopt; };
    const DeviceLogHistory read_only{"", time(c.mounted), time(c.bad_news), std::nullopt};
    const DeviceLogHistory shut_down{"", time(c.mounted), std::nullopt, time(c.bad_news)};
    EXPECT_EQ(derived_emergency_ro(&read_only, c.since_boot), c.expected) << c.what;
    EXPECT_EQ(derived_shutdown(&shut_down, c.since_boot), c.expected) << c.what;
    const auto without = c.mounted || c.since_boot ? std::optional(false) : std::nullopt;
    EXPECT_EQ(derived_shutdown(&read_only, c.since_boot), without) << "one is not the other: " << c.what;
  }
}

TEST(DerivedState, WithoutAHistoryIsKnownOnlyFromACompleteLog) {
  EXPECT_EQ(derived_emergency_ro(nullptr, true), false);
  EXPECT_EQ(derived_emergency_ro(nullptr, false), std::nullopt);
  EXPECT_EQ(derived_shutdown(nullptr, true), false);
  EXPECT_EQ(derived_shutdown(nullptr, false), std::nullopt);
}

}  // namespace
}  // namespace motoko::observation
