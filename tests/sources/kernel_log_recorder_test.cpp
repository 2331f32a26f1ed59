#include "exporter/sources/kernel_log_recorder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "exporter/observation/kernel_log_queries.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using base::MonotonicTime;
using observation::KernelLog;
using Kind = observation::KernelEventKind;

constexpr const char* kTimeUuid = "f54cf57c-e434-45f5-bde3-cc706ffbe849";
constexpr const char* kSpaceUuid = "7f5e508d-fcac-4d18-80ca-84c857b20b40";

MonotonicTime at(std::chrono::microseconds since_boot) {
  return MonotonicTime(since_boot);
}

/// A recorder that is fed texts: one a second, starting with SEQ 0 at 0 s.
struct Log {
  explicit Log(KernelLogLimits limits = {}) : recorder(limits) {}

  Log& say(const std::string& text, unsigned priority = 3) {
    recorder.add(fmt::format("{},{},{},-;{}\n", priority, sequence, sequence * 1'000'000, text), kAnyTime);
    ++sequence;
    return *this;
  }
  Log& lose(std::uint64_t records) {
    sequence += records;
    return *this;
  }
  const KernelLog& log() const { return recorder.log(); }
  const observation::DeviceLogHistory* history(const std::string& device) const {
    const auto found = log().devices.find(device);
    return found == log().devices.end() ? nullptr : &found->second;
  }
  std::optional<bool> shutdown(const std::string& device) const {
    return observation::derived_shutdown(history(device), log().since_boot);
  }
  std::optional<bool> emergency_ro(const std::string& device) const {
    return observation::derived_emergency_ro(history(device), log().since_boot);
  }

  static constexpr TimeBracket kAnyTime{MonotonicTime::min(), MonotonicTime::max()};
  KernelLogRecorder recorder;
  std::uint64_t sequence = 0;
};

std::string mounted(const std::string& device, const std::string& uuid) {
  return fmt::format("EXT4-fs ({}): mounted filesystem {} r/w with ordered data mode. Quota mode: none.", device, uuid);
}

TEST(KernelLogRecorder, TheIncidentOnLinux618) {
  Log log;
  log.say("Linux version 6.18.44 (gcc)", 5)
      .say(mounted("sdb1", kTimeUuid), 6)
      .say("usb 2-1: USB disconnect, device number 2\n SUBSYSTEM=usb\n DEVICE=c189:129", 6)
      .say("device offline error, dev sdb, sector 0 op 0x1:(WRITE) flags 0x800 phys_seg 0 prio class 2")
      .say("EXT4-fs (sdb1): shut down requested (2)", 1)
      .say("Aborting journal on device sdb1-8.")
      .say(
          "EXT4-fs warning (device sdb1): htree_dirblock_to_tree:1051: inode #2: lblock 0: comm smbd: error -5 reading "
          "directory block",
          4);
  const KernelLog& seen = log.log();
  EXPECT_TRUE(seen.since_boot);
  EXPECT_EQ(seen.lost, 0u);
  ASSERT_EQ(seen.events.size(), 5u);
  EXPECT_EQ(seen.events[0], (observation::KernelEvent{at(2s), Kind::usb_disconnect, "2-1", "", 1,
                                                      "usb 2-1: USB disconnect, device number 2"}));
  EXPECT_EQ(seen.events[2], (observation::KernelEvent{at(4s), Kind::ext4_shutdown, "sdb1", kTimeUuid, 1,
                                                      "EXT4-fs (sdb1): shut down requested (2)"}));
  EXPECT_EQ(seen.events[4].kind, Kind::ext4_warning);
  EXPECT_EQ(seen.events[4].filesystem, kTimeUuid);
  EXPECT_EQ(seen.totals.at({"sdb", Kind::device_offline}), 1u);
  EXPECT_EQ(*log.history("sdb1"), (observation::DeviceLogHistory{kTimeUuid, at(1s), at(5s), at(4s)}));
  EXPECT_EQ(observation::recent_errors(seen, {"sdb1"}, kTimeUuid, at(0s)), 1u);
}

TEST(KernelLogRecorder, DerivesReadOnlyFromTheLogOfLinux61) {
  Log log;
  log.say("EXT4-fs (sdb1): mounted filesystem with ordered data mode. Quota mode: none.", 6);
  EXPECT_EQ(log.emergency_ro("sdb1"), false);
  log.say("blk_update_request: I/O error, dev sdb, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0")
      .say("EXT4-fs error (device sdb1): __ext4_find_entry:1663: inode #2: comm ls: reading directory lblock 0", 2);
  EXPECT_EQ(log.emergency_ro("sdb1"), false);
  log.say("EXT4-fs (sdb1): Remounting filesystem read-only", 2);
  EXPECT_EQ(log.emergency_ro("sdb1"), true);
  EXPECT_EQ(log.shutdown("sdb1"), false);
  log.say("EXT4-fs (sdb1): unmounting filesystem.", 6);
  EXPECT_EQ(log.history("sdb1"), nullptr);
  log.say("EXT4-fs (sdb1): mounted filesystem with ordered data mode. Quota mode: none.", 6);
  EXPECT_EQ(log.emergency_ro("sdb1"), false);
}

TEST(KernelLogRecorder, DerivesShutdownFromTheLogOfLinux510WhichPrintsNoUnmount) {
  Log log;
  log.say("EXT4-fs (dm-0): mounted filesystem with ordered data mode. Opts: (null)", 6)
      .say("EXT4-fs (dm-0): shut down requested (1)", 1);
  EXPECT_EQ(log.shutdown("dm-0"), true);
  EXPECT_EQ(log.emergency_ro("dm-0"), false);
  log.say("Aborting journal on device dm-0-8.");
  EXPECT_EQ(log.emergency_ro("dm-0"), true);
  log.say("EXT4-fs (dm-0): re-mounted. Opts: (null)", 6);
  EXPECT_EQ(log.shutdown("dm-0"), true);
  log.say("EXT4-fs (dm-0): mounted filesystem with ordered data mode. Opts: (null)", 6);
  EXPECT_EQ(log.shutdown("dm-0"), false);
  EXPECT_EQ(log.emergency_ro("dm-0"), false);
}

TEST(KernelLogRecorder, ErrorsOfTheDiskThatHadTheNameBeforeBelongToItsOwnFileSystem) {
  Log log;
  const std::string error = "EXT4-fs error (device sdb1): f:1: inode #2: comm ls: x";
  log.say(mounted("sdb1", kSpaceUuid), 6)
      .say(error, 2)
      .say(fmt::format("EXT4-fs (sdb1): unmounting filesystem {}.", kSpaceUuid), 6)
      .say("Buffer I/O error on dev sdb1, logical block 0, async page read")
      .say(mounted("sdb1", "F54CF57C-E434-45F5-BDE3-CC706FFBE849"), 6)
      .say(error, 2);
  EXPECT_EQ(log.log().events[0].filesystem, kSpaceUuid);
  EXPECT_EQ(log.log().events[1].filesystem, "");
  EXPECT_EQ(log.log().events[2].filesystem, kTimeUuid);
  EXPECT_EQ(observation::recent_errors(log.log(), {"sdb1"}, kTimeUuid, at(0s)), 1u);
  EXPECT_EQ(observation::recent_errors(log.log(), {"sdd1"}, kSpaceUuid, at(0s)), 1u);
}

TEST(KernelLogRecorder, ARemountTellsTheUuidOfAMountThatWasNotSeen) {
  Log log;
  log.lose(500).say(fmt::format("EXT4-fs (sdb1): re-mounted {} r/w.", kTimeUuid), 6);
  EXPECT_EQ(log.history("sdb1")->filesystem, kTimeUuid);
  EXPECT_EQ(log.shutdown("sdb1"), std::nullopt);
}

TEST(KernelLogRecorder, RecordsOfUserSpaceAreNotBelievedButCountAsSeen) {
  Log log;
  log.say("Linux version", 5);
  for (const unsigned priority : {8u, 10u, 11u, 30u, 191u})
    log.say("EXT4-fs (sdb1): shut down requested (2)", priority);
  log.say("EXT4-fs (sdb1): shut down requested (2)", 7);
  EXPECT_EQ(log.log().events.size(), 1u);
  EXPECT_EQ(log.log().lost, 0u);
}

TEST(KernelLogRecorder, CountsLostRecordsExactlyAndForgetsWhatTheyMayHaveChanged) {
  Log log;
  log.say("Linux version", 5).say(mounted("sdb1", kTimeUuid), 6).say("EXT4-fs (sdc1): shut down requested (2)", 1);
  EXPECT_EQ(log.shutdown("sdb1"), false);
  log.lose(41).say("something", 6);
  EXPECT_EQ(log.log().lost, 41u);
  EXPECT_FALSE(log.log().since_boot);
  EXPECT_EQ(log.shutdown("sdb1"), std::nullopt);
  EXPECT_EQ(log.shutdown("sdc1"), std::nullopt);
  EXPECT_EQ(log.log().events.size(), 1u);
  log.lose(1).say("something", 6);
  EXPECT_EQ(log.log().lost, 42u);
}

TEST(KernelLogRecorder, ALogThatBeganBeforeItWasReadIsNotSinceBootButLostNothing) {
  Log log;
  log.lose(1000).say("something", 6);
  EXPECT_FALSE(log.log().since_boot);
  EXPECT_EQ(log.log().lost, 0u);
  EXPECT_EQ(log.shutdown("sdb1"), std::nullopt);
}

TEST(KernelLogRecorder, SuppressedMountMessagesLeaveEveryStateUnknown) {
  Log log;
  log.say("Linux version", 5).say("EXT4-fs (sdb1): shut down requested (2)", 1).say(mounted("sdc1", kTimeUuid), 6);
  log.say("EXT4-fs mount: 3 callbacks suppressed", 4);
  EXPECT_EQ(log.shutdown("sdb1"), std::nullopt);
  EXPECT_EQ(log.shutdown("sdc1"), std::nullopt);
  EXPECT_EQ(log.shutdown("sdd1"), std::nullopt);
}

TEST(KernelLogRecorder, SuppressedFileSystemMessagesLeaveOnlyGoodStatesUnknown) {
  Log log;
  log.say("Linux version", 5).say("EXT4-fs (sdb1): shut down requested (2)", 1).say(mounted("sdc1", kTimeUuid), 6);
  log.say("EXT4-fs: 24 callbacks suppressed", 4);
  EXPECT_EQ(log.shutdown("sdb1"), true);
  EXPECT_EQ(log.shutdown("sdc1"), std::nullopt);
}

TEST(KernelLogRecorder, SuppressedMessagesAddTheirNumberToTheTotal) {
  Log log;
  log.say("EXT4-fs warning: 15 callbacks suppressed", 4).say("EXT4-fs warning: 2 callbacks suppressed", 4);
  EXPECT_EQ(log.log().totals.at({"unknown", Kind::ext4_warning}), 17u);
  EXPECT_EQ(log.log().events.front().count, 15u);
}

TEST(KernelLogRecorder, UnescapesTheTextOfAnEvent) {
  Log log;
  log.say(R"(EXT4-fs error (device sdb1): f:1: comm a\x0ab: x)", 2);
  EXPECT_EQ(log.log().events.front().text, "EXT4-fs error (device sdb1): f:1: comm a\nb: x");
}

TEST(KernelLogRecorder, MovesTimesOfADriftingClockIntoTheIntervalInWhichTheyWereRead) {
  KernelLogRecorder recorder;
  const std::string text = ",-;usb 2-1: USB disconnect, device number 2\n";
  recorder.add("6,0,100000000" + text, {.earliest = MonotonicTime{}, .latest = at(500s)});  // the backlog: as stamped
  recorder.add("6,1,600000000" + text, {.earliest = at(500s), .latest = at(550s)});         // the local clock is fast
  recorder.add("6,2,540000000" + text, {.earliest = at(700s), .latest = at(800s)});         // it is slow
  const auto& events = recorder.log().events;
  EXPECT_EQ(events[0].time, at(100s));
  EXPECT_EQ(events[1].time, at(550s));
  EXPECT_EQ(events[2].time, at(700s));
}

TEST(KernelLogRecorder, TimesNeverGoBack) {
  KernelLogRecorder recorder;
  recorder.add("6,0,2000000,-;EXT4-fs (sdb1): mounted filesystem with x\n", Log::kAnyTime);
  recorder.add("6,1,1999999,-;EXT4-fs (sdb1): shut down requested (2)\n", Log::kAnyTime);  // another CPU's clock
  EXPECT_EQ(recorder.log().events.front().time, at(2s));
  EXPECT_EQ(observation::derived_shutdown(&recorder.log().devices.at("sdb1"), true), true);
}

TEST(KernelLogRecorder, ForgetsOldEventsButNotTheirTotals) {
  Log log({.max_age = 10s});
  for (int second = 0; second < 30; ++second) log.say("usb 2-1: USB disconnect, device number 2", 6);
  log.recorder.drop_old_events(at(35s));
  EXPECT_EQ(log.log().events.size(), 5u);
  EXPECT_EQ(log.log().events.front().time, at(25s));
  EXPECT_EQ(log.log().totals.at({"2-1", Kind::usb_disconnect}), 30u);
}

TEST(KernelLogRecorder, AFloodFromOneDeviceDoesNotPushOutTheEventsOfOthers) {
  Log log({.max_events = 100});
  log.say("EXT4-fs error (device sdb1): x", 2);
  for (int i = 0; i < 5000; ++i) log.say("I/O error, dev sdz, sector 8 op 0x0:(READ) flags 0x0");
  log.say("EXT4-fs error (device sdb1): y", 2);
  EXPECT_LE(log.log().events.size(), 100u);
  EXPECT_GE(log.log().events.size(), 90u);
  EXPECT_EQ(log.log().events.front().device, "sdb1");
  EXPECT_EQ(log.log().events.back().device, "sdb1");
  EXPECT_EQ(log.log().events[log.log().events.size() - 2].time, at(5000s));  // the newest of the flood are kept
  EXPECT_EQ(log.log().totals.at({"sdz", Kind::io_error}), 5000u);
}

TEST(KernelLogRecorder, AFloodOfNamesIsBounded) {
  Log log({.max_devices = 10});
  log.say("Linux version", 5);
  for (int i = 0; i < 50; ++i) {
    log.say(fmt::format("EXT4-fs error (device dm-{}): x", i), 2);
    log.say(fmt::format("EXT4-fs (dm-{}): shut down requested (2)", i), 1);
  }
  EXPECT_LE(log.log().totals.size(), 12u);
  EXPECT_EQ(log.log().totals.at({"dm-0", Kind::ext4_error}), 1u);
  EXPECT_EQ(log.log().totals.at({"other", Kind::ext4_error}), 45u);
  EXPECT_EQ(log.log().devices.size(), 10u);
  EXPECT_EQ(log.shutdown("dm-49"), true);
  EXPECT_EQ(log.shutdown("dm-0"), std::nullopt) << "forgotten, so the log proves nothing";
}

TEST(KernelLogRecorder, ChangesItsRevisionWithTheLogOnly) {
  Log log;
  log.say("Linux version", 5);
  const auto revision = log.recorder.revision();
  log.say("something else", 6).say("EXT4-fs error (device sdb1): x", 12);
  EXPECT_EQ(log.recorder.revision(), revision);
  log.say("EXT4-fs error (device sdb1): x", 2);
  EXPECT_NE(log.recorder.revision(), revision);
}

}  // namespace
}  // namespace motoko::sources
