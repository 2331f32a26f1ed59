#include "exporter/sources/kernel_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <string>
#include <variant>

#include "exporter/base/file.h"
#include "exporter/sources/kmsg_record.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using Kind = observation::KernelEventKind;

/// Plays back records and errno values, then EAGAIN.
struct Playback {
  std::deque<std::variant<std::string, int>> script;

  ssize_t operator()(char* buffer, std::size_t size) {
    if (script.empty()) {
      errno = EAGAIN;
      return -1;
    }
    const auto next = script.front();
    script.pop_front();
    if (const int* const error = std::get_if<int>(&next)) {
      errno = *error;
      return -1;
    }
    return static_cast<ssize_t>(std::get<std::string>(next).copy(buffer, size));
  }
};

std::string record(unsigned sequence, const std::string& text) {
  return fmt::format("3,{},0,-;{}\n", sequence, text);
}

/// The records below are stamped with the moment of boot, whenever that was.
constexpr KernelLogLimits kKeepAll{.max_age = std::chrono::hours(1'000'000)};

constexpr const char* kError = "EXT4-fs error (device sdb1): x";

TEST(KernelLogReader, GoesOnAfterAnOverrunAndCountsWhatWasLost) {
  KernelLogReader reader(
      Playback{{record(0, "Linux version"), record(1, kError), EPIPE, record(100, kError), EPIPE, record(110, kError)}},
      kKeepAll);
  ASSERT_TRUE(reader.drain());
  EXPECT_EQ(reader.log().events.size(), 3u);
  EXPECT_EQ(reader.log().lost, 98u + 9u);
  EXPECT_FALSE(reader.log().since_boot);
}

TEST(KernelLogReader, GoesOnAfterASignalAndARecordThatWasTooLong) {
  KernelLogReader reader(Playback{{EINTR, record(0, kError), EINVAL, record(2, kError)}}, kKeepAll);
  ASSERT_TRUE(reader.drain());
  EXPECT_EQ(reader.log().events.size(), 2u);
  EXPECT_EQ(reader.log().lost, 1u);
}

TEST(KernelLogReader, ReportsAnErrorKeepsWhatItHadAndTriesAgain) {
  KernelLogReader reader(Playback{{record(0, kError), EIO, record(1, kError)}}, kKeepAll);
  const auto drained = reader.drain();
  ASSERT_FALSE(drained);
  EXPECT_TRUE(drained.error().is(std::errc::io_error));
  EXPECT_EQ(reader.log().events.size(), 1u);
  ASSERT_TRUE(reader.drain());
  EXPECT_EQ(reader.log().events.size(), 2u);
}

TEST(KernelLogReader, DatesWhatCameSinceTheLastCallToThatInterval) {
  Playback playback{{record(0, "noise")}};
  KernelLogReader reader([&](char* buffer, std::size_t size) { return playback(buffer, size); });
  ASSERT_TRUE(reader.drain());
  const auto between = std::chrono::steady_clock::now();
  playback.script = {record(1, kError), "3,2,18446744073709551,-;" + std::string(kError)};
  ASSERT_TRUE(reader.drain());
  const auto after = std::chrono::steady_clock::now();
  ASSERT_EQ(reader.log().events.size(), 2u);
  for (const auto& event : reader.log().events) {
    EXPECT_GE(event.time, between - 1ms);
    EXPECT_LE(event.time, after);
  }
}

TEST(KernelLogReader, ReturnsFromAFloodThatNeverEnds) {
  std::uint64_t sequence = 0;
  KernelLogReader reader([&](char* buffer, std::size_t size) {
    return static_cast<ssize_t>(fmt::format("6,{},0,-;noise\n", sequence++).copy(buffer, size));
  });
  ASSERT_TRUE(reader.drain());
  EXPECT_GE(sequence, 10'000u);
  EXPECT_EQ(reader.log().lost, 0u);
}

TEST(KernelLogReader, GivesTheSameSnapshotUntilThereIsNews) {
  Playback playback{{record(0, kError)}};
  KernelLogReader reader([&](char* buffer, std::size_t size) { return playback(buffer, size); }, kKeepAll);
  ASSERT_TRUE(reader.drain());
  const auto first = reader.snapshot();
  EXPECT_EQ(*first, reader.log());
  playback.script = {record(1, "noise")};
  ASSERT_TRUE(reader.drain());
  EXPECT_EQ(reader.snapshot(), first);
  playback.script = {record(2, kError)};
  ASSERT_TRUE(reader.drain());
  EXPECT_EQ(first->events.size(), 1u);
  EXPECT_EQ(reader.snapshot()->events.size(), 2u);
}

TEST(KernelLogReader, NamesAMissingDeviceAndTheWayOut) {
  const testing::TempDir dev;
  KernelLogReader reader(base::HostPaths{.dev = dev.path()});
  const auto drained = reader.drain();
  ASSERT_FALSE(drained);
  EXPECT_TRUE(drained.error().is(std::errc::no_such_file_or_directory));
  EXPECT_NE(drained.error().message().find(dev.path() + "/kmsg"), std::string::npos) << drained.error().message();
  EXPECT_NE(drained.error().message().find("CAP_SYSLOG"), std::string::npos) << drained.error().message();
  EXPECT_EQ(reader.fd(), -1);
}

/// The real device. Needs root, or CAP_SYSLOG where kernel.dmesg_restrict is 1.
class RealKernelLog : public ::testing::Test {
 protected:
  void SetUp() override {
    fd_.reset(::open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (!fd_.valid()) GTEST_SKIP() << "NOT TESTED: reading the real kernel log (open /dev/kmsg: errno " << errno << ")";
  }

  /// The next record, past those that were overwritten; empty: there is none.
  std::string next_record() {
    std::string buffer(8192, '\0');
    for (;;) {
      const ssize_t size = ::read(fd_.get(), buffer.data(), buffer.size());
      if (size >= 0) return buffer.substr(0, static_cast<std::size_t>(size));
      if (errno != EPIPE && errno != EINTR) return {};
    }
  }

  base::UniqueFd fd_;
};

TEST_F(RealKernelLog, IsReadFromItsFirstRecordThroughFdThatPollAccepts) {
  KernelLogReader reader(base::HostPaths{});
  const auto drained = reader.drain();
  ASSERT_TRUE(drained) << drained.error().message();
  const auto oldest = parse_kmsg_record(next_record());
  ASSERT_TRUE(oldest);
  // Complete only if it begins at 0; other tests' storms of mounts may have made it incomplete since.
  EXPECT_TRUE(oldest->sequence == 0 || !reader.log().since_boot);
  pollfd kmsg{.fd = reader.fd(), .events = POLLIN, .revents = 0};
  ASSERT_GE(::poll(&kmsg, 1, 0), 0);
  EXPECT_EQ(kmsg.revents & (POLLNVAL | POLLHUP), 0);
}

TEST_F(RealKernelLog, DoesNotBelieveAMessageThatUserSpaceWrote) {
  ASSERT_GE(::lseek(fd_.get(), 0, SEEK_END), 0);
  const std::string device = fmt::format("motoko{}", ::getpid());
  const std::string text = fmt::format("EXT4-fs error (device {}): test:1: comm test: forged", device);
  const std::string forged = "<2>" + text + "\n";  // kern.crit, as the kernel would print it
  ASSERT_EQ(::write(fd_.get(), forged.data(), forged.size()), static_cast<ssize_t>(forged.size()));

  std::string record;
  do record = next_record();
  while (!record.empty() && record.find(text) == std::string::npos);
  ASSERT_FALSE(record.empty()) << "the forged record is not in the log, so this test shows nothing";
  const auto parsed = parse_kmsg_record(record);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->priority, (1u << 3) | 2u);

  KernelLogReader reader(base::HostPaths{});
  ASSERT_TRUE(reader.drain());
  EXPECT_FALSE(reader.log().totals.contains({device, Kind::ext4_error}));
  // The same record from the kernel would have counted.
  KernelLogRecorder recorder;
  recorder.add(fmt::format("2,{},0,-;{}\n", parsed->sequence, text),
               {.earliest = {}, .latest = base::MonotonicTime::max()});
  EXPECT_TRUE(recorder.log().totals.contains({device, Kind::ext4_error}));
}

TEST_F(RealKernelLog, StampsRecordsWithAClockCloseToTheMonotonicOne) {
  ASSERT_GE(::lseek(fd_.get(), 0, SEEK_END), 0);
  const auto before = std::chrono::steady_clock::now();
  const std::string text = fmt::format("motoko test {} asks for the time", ::getpid());
  const std::string line = text + "\n";  // a record without a line end stays open for more, and unread
  ASSERT_GT(::write(fd_.get(), line.data(), line.size()), 0);
  std::string record;
  do record = next_record();
  while (!record.empty() && record.find(text) == std::string::npos);
  ASSERT_FALSE(record.empty());
  const auto stamped = base::MonotonicTime(parse_kmsg_record(record)->time);
  EXPECT_LT(std::chrono::abs(stamped - before), 10s);
}

TEST_F(RealKernelLog, SaysWhatIsMissingToAUserWithoutPrivileges) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "NOT TESTED: the kernel log without privileges (not root; run tests/run as root)";
  if (base::read_number("/proc/sys/kernel/dmesg_restrict").value_or(0) == 0)
    GTEST_SKIP() << "NOT TESTED: the kernel log without privileges (kernel.dmesg_restrict is 0: everybody may read it)";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(2);
    KernelLogReader reader(base::HostPaths{});
    const auto drained = reader.drain();
    const bool told =
        !drained && drained.error().message().find("CAP_SYSLOG") != std::string::npos &&
        (drained.error().is(std::errc::permission_denied) || drained.error().is(std::errc::operation_not_permitted));
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace motoko::sources
