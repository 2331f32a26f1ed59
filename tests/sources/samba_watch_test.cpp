#include "exporter/sources/samba_watch.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/unique_fd.h"
#include "tests/support/pid_namespace.h"
#include "tests/support/smbd_server.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using observation::SambaState;

SambaState state_of(bool running, bool responding, const std::string& detail = "") {
  return {.running = running, .responding = responding, .detail = detail};
}

std::string text_of(const SambaState& state) {
  const auto known = [](const base::Result<bool>& result) {
    return result ? fmt::format("{}", *result) : result.error().message();
  };
  return fmt::format("running {}, responding {}, \"{}\"", known(state.running), known(state.responding), state.detail);
}

void expect_state(SambaWatch& watch, const SambaState& expected) {
  ASSERT_TRUE(watch.refresh_and_wait(Clock::now() + 20s));
  EXPECT_EQ(text_of(watch.state()), text_of(expected));
}

/// Listens and accepts nothing: the kernel takes connections, nobody answers.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_.get(), 64) != 0)
      throw std::system_error(errno, std::generic_category(), "listen");
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    address_ = fmt::format("127.0.0.1:{}", ntohs(address.sin_port));
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  void close() { socket_.reset(); }

 private:
  base::UniqueFd socket_;
  std::string address_;
};

/// A procfs without smbd, or with one.
class FixtureProcfs {
 public:
  FixtureProcfs() { add(1, "init"); }
  void add(int pid, const std::string& name) {
    directory_.write(fmt::format("{}/stat", pid),
                     fmt::format("{} ({}) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 77 0\n", pid, name));
  }
  [[nodiscard]] const std::string& path() const { return directory_.path(); }

 private:
  testing::TempDir directory_;
};

TEST(SambaWatch, FollowsARealSmbdThroughItsLife) {
  if (const auto why = testing::missing_smbd()) GTEST_SKIP() << "NOT TESTED: the watch of a real smbd (" << *why << ")";
  testing::in_pid_namespace([](const std::string& procfs) {
    const testing::TempDir share;
    testing::SmbdServer smbd(share.path());
    SambaWatch watch({.address = smbd.address(), .procfs = procfs, .deadline = 1s, .period = 1h, .on_change = {}});
    expect_state(watch, state_of(true, true));
    smbd.freeze();
    expect_state(watch, state_of(true, false, "smbd runs but did not answer within 1s on " + smbd.address()));
    smbd.thaw();
    expect_state(watch, state_of(true, true));
    smbd.stop();
    expect_state(watch, state_of(false, false, "no smbd process"));
  });
}

TEST(SambaWatch, SaysThatNothingIsKnownBeforeTheFirstCheck) {
  const SilentPort port;
  const FixtureProcfs procfs;
  const SambaWatch watch(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 10s, .period = 1h, .on_change = {}});
  const auto state = watch.state();
  ASSERT_FALSE(state.running);
  EXPECT_TRUE(state.running.error().is(std::errc::operation_in_progress));
  EXPECT_FALSE(state.responding);
  EXPECT_EQ(state.detail, "not checked yet");
}

TEST(SambaWatch, TellsSmbdWithAClosedPortFromNoSmbd) {
  SilentPort port;
  port.close();
  FixtureProcfs procfs;
  SambaWatch watch({.address = port.address(), .procfs = procfs.path(), .deadline = 2s, .period = 1h, .on_change = {}});
  expect_state(watch, state_of(false, false, "no smbd process"));
  procfs.add(20, "smbd");
  expect_state(watch, state_of(true, false,
                               "smbd runs but does not answer: " + port.address() + ": connect: Connection refused"));
}

TEST(SambaWatch, SaysWhenSomethingElseSpeaksSmb) {
  if (const auto why = testing::missing_smbd()) GTEST_SKIP() << "NOT TESTED: SMB without smbd (" << *why << ")";
  const testing::TempDir share;
  const testing::SmbdServer hidden(share.path());
  const FixtureProcfs procfs;
  SambaWatch watch(
      {.address = hidden.address(), .procfs = procfs.path(), .deadline = 10s, .period = 1h, .on_change = {}});
  expect_state(watch, state_of(false, true, "no smbd process, though something answers SMB on " + hidden.address()));
}

TEST(SambaWatch, LeavesUnknownWhatItCannotFindOut) {
  FixtureProcfs procfs;
  procfs.add(20, "smbd");
  SambaWatch bad_address(
      {.address = "nas.example.org", .procfs = procfs.path(), .deadline = 1s, .period = 1h, .on_change = {}});
  ASSERT_TRUE(bad_address.refresh_and_wait(Clock::now() + 10s));
  EXPECT_FALSE(bad_address.state().responding);
  EXPECT_EQ(bad_address.state().running.value_or(false), true);
  EXPECT_EQ(
      bad_address.state().detail.rfind("smbd runs, and whether it answers is unknown: \"nas.example.org\" is not", 0),
      0u)
      << bad_address.state().detail;

  const testing::TempDir no_procfs;
  SilentPort port;
  port.close();
  SambaWatch hidden(
      {.address = port.address(), .procfs = no_procfs.path(), .deadline = 1s, .period = 1h, .on_change = {}});
  ASSERT_TRUE(hidden.refresh_and_wait(Clock::now() + 10s));
  EXPECT_FALSE(hidden.state().running);
  EXPECT_EQ(hidden.state().responding, base::Result<bool>(false));
  EXPECT_NE(hidden.state().detail.find("not permitted to see processes"), std::string::npos) << hidden.state().detail;
}

TEST(SambaWatch, ChecksByItselfAndReportsChangesOnly) {
  SilentPort port;
  port.close();
  FixtureProcfs procfs;
  std::atomic<int> changes = 0;
  SambaWatch watch(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 1s, .period = 10ms, .on_change = [&] {
         ++changes;
       }});
  const auto eventually = [&](int expected) {
    for (const auto end = Clock::now() + 10s; changes < expected && Clock::now() < end;)
      std::this_thread::sleep_for(1ms);
    return changes.load();
  };
  EXPECT_EQ(eventually(1), 1);  // from unknown to known
  procfs.add(20, "smbd");
  EXPECT_EQ(eventually(2), 2);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(changes, 2) << "ten more checks found the same";
}

TEST(SambaWatch, TellsOfAChangeAfterTheNewStateCanBeSeen) {
  SilentPort port;
  port.close();
  const FixtureProcfs procfs;
  std::atomic<SambaWatch*> watch = nullptr;
  std::atomic<int> known_in_callback = -1;
  SambaWatch watched(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 1s, .period = 1h, .on_change = [&] {
         while (watch == nullptr) std::this_thread::sleep_for(1ms);
         known_in_callback = watch.load()->state().running.has_value();
       }});
  watch = &watched;
  ASSERT_TRUE(watched.refresh_and_wait(Clock::now() + 10s));
  for (const auto end = Clock::now() + 10s; known_in_callback < 0 && Clock::now() < end;)
    std::this_thread::sleep_for(1ms);
  EXPECT_EQ(known_in_callback, 1);
}

TEST(SambaWatch, RefreshGivesUpAtItsDeadline) {
  const SilentPort port;
  const FixtureProcfs procfs;
  SambaWatch watch(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 10s, .period = 1h, .on_change = {}});
  const auto start = Clock::now();
  EXPECT_FALSE(watch.refresh_and_wait(start + 100ms));
  EXPECT_GE(Clock::now() - start, 100ms);
  EXPECT_LT(Clock::now() - start, 2s);
}

TEST(SambaWatch, RefreshWaitsForACheckThatBeganAfterIt) {
  SilentPort port;
  FixtureProcfs procfs;
  // The first check began before smbd came, and hangs for a while.
  SambaWatch watch(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 200ms, .period = 1h, .on_change = {}});
  std::this_thread::sleep_for(50ms);
  procfs.add(20, "smbd");
  ASSERT_TRUE(watch.refresh_and_wait(Clock::now() + 20s));
  EXPECT_EQ(watch.state().running, base::Result<bool>(true));
}

TEST(SambaWatch, ServesManyAtOnce) {
  SilentPort port;
  port.close();
  const FixtureProcfs procfs;
  SambaWatch watch(
      {.address = port.address(), .procfs = procfs.path(), .deadline = 1s, .period = 5ms, .on_change = {}});
  std::atomic<int> refreshed = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      for (int round = 0; round < 25; ++round) {
        if (watch.refresh_and_wait(Clock::now() + 20s)) ++refreshed;
        (void)watch.state();
      }
    });
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(refreshed, 100);
}

/// How long the end of a watch takes, at best: this machine may be busy.
template <typename MakeWatch>
std::chrono::milliseconds shortest_end(MakeWatch make_watch) {
  auto shortest = std::chrono::milliseconds::max();
  for (int i = 0; i < 5; ++i) {
    auto watch = make_watch();
    const auto start = Clock::now();
    watch.reset();
    shortest = std::min(shortest, std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start));
  }
  return shortest;
}

TEST(SambaWatch, EndsPromptlyWhenIdle) {
  SilentPort port;
  port.close();
  const FixtureProcfs procfs;
  EXPECT_LT(shortest_end([&] {
              auto watch = std::make_unique<SambaWatch>(SambaWatchOptions{
                  .address = port.address(), .procfs = procfs.path(), .deadline = 2s, .period = 1h, .on_change = {}});
              EXPECT_TRUE(watch->refresh_and_wait(Clock::now() + 10s));
              return watch;
            }),
            100ms);
}

TEST(SambaWatch, EndsPromptlyWhileSmbdDoesNotAnswer) {
  const SilentPort port;
  const FixtureProcfs procfs;
  EXPECT_LT(shortest_end([&] {
              auto watch = std::make_unique<SambaWatch>(SambaWatchOptions{
                  .address = port.address(), .procfs = procfs.path(), .deadline = 1h, .period = 1h, .on_change = {}});
              std::this_thread::sleep_for(50ms);  // it is waiting for an answer now
              return watch;
            }),
            100ms);
}

}  // namespace
}  // namespace motoko::sources
