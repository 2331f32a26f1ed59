// A fix that is killed at any moment: the next one goes on from what the host shows.
#include <gmock/gmock.h>

#include <thread>

#include "tests/e2e/file_server.h"

namespace motoko::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FixInterrupted : public FileServerTest {
 protected:
  /// Breaks the host, kills a fix after `delay`, and expects the next one to end it well.
  static void kill_after(FileServer& server, const std::function<void()>& make_fault, milliseconds delay) {
    SCOPED_TRACE("killed after " + std::to_string(delay.count()) + " ms");
    make_fault();
    {
      ChildProcess fix(Command{
          {program_path("motokoctl"), "fix", "--format=json", "--config.file=" + server.host().write_config()}});
      (void)fix.wait(delay);
      fix.send(SIGKILL);
      ASSERT_TRUE(fix.wait(seconds(5)));
    }
    const auto next = server.fix();
    EXPECT_TRUE(next.outcome() == "fixed" || next.outcome() == "healthy") << next.printed;
    EXPECT_EQ(next.exit_code, 0);
    EXPECT_TRUE(server.serves()) << next.printed;
  }

  static std::size_t interrupted_runs(FileServer& server) {
    const auto history = server.command({"history", "--format=json", "--limit=1000"});
    return static_cast<std::size_t>(std::count_if(history.json.begin(), history.json.end(), [](const auto& run) {
      EXPECT_TRUE(run.at("outcome").is_string()) << run;
      return run.at("outcome") == "interrupted";
    }));
  }
};

// The limits on runs are as strict as can be: what was killed is continued at once, and is no failed attempt.
const std::vector<std::string> kStrict = {"cooldown: 0s", "max_attempts: 1"};

TEST_F(FixInterrupted, OfAShutDownFileSystemIsGoneOnWithFromEveryMoment) {
  on_a_host([] {
    FileServer server(kStrict);
    for (int i = 0; i < 16; ++i)
      kill_after(
          server, [&] { server.time_disk().shutdown(server.time()); }, milliseconds(30 * i));
    EXPECT_GE(interrupted_runs(server), 3U) << "the kills missed the runs";
  });
}

// With a check of the file system in it.
TEST_F(FixInterrupted, OfAReadOnlyFileSystemIsGoneOnWithFromEveryMoment) {
  on_a_host([] {
    FileServer server(kStrict, {.errors = "remount-ro"});
    for (int i = 0; i < 8; ++i)
      kill_after(
          server, [&] { server.time_disk().trigger_fs_error(); }, milliseconds(40 + 50 * i));
    EXPECT_GE(interrupted_runs(server), 2U) << "the kills missed the runs";
  });
}

TEST_F(FixInterrupted, OfTheIncidentIsGoneOnWithFromEveryMoment) {
  on_a_host([] {
    FileServer server(kStrict);
    for (int i = 0; i < 8; ++i)
      kill_after(
          server, [&] { server.incident(); }, milliseconds(40 + 80 * i));
    EXPECT_GE(interrupted_runs(server), 2U) << "the kills missed the runs";
  });
}

TEST_F(FixInterrupted, IsContinuedWithoutCoolingDownAndItsHistoryNamesTheStep) {
  on_a_host([] {
    FileServer server({"cooldown: 5m", "settle: 60s"});
    server.time_disk().shutdown(server.time());
    {
      ChildProcess fix(Command{
          {program_path("motokoctl"), "fix", "--format=json", "--config.file=" + server.host().write_config()}});
      ASSERT_TRUE(eventually(
          seconds(20), [&] { return fix.standard_error().find("step=settle") != std::string::npos; },
          [&] { return fix.standard_error(); }));
      fix.send(SIGKILL);
      ASSERT_TRUE(fix.wait(seconds(5)));
    }
    server.time_disk().shutdown(server.time());
    server.configure_remediation({"cooldown: 5m"});
    const auto next = server.fix();
    EXPECT_EQ(next.outcome(), "fixed") << next.printed;
    const auto history = server.command({"history", "--format=json"});
    ASSERT_EQ(history.json.size(), 2U);
    EXPECT_EQ(history.json.at(1).at("outcome"), "interrupted");
    EXPECT_THAT(history.json.at(1).at("detail").get<std::string>(), ::testing::HasSubstr("settle"));
  });
}

// Ctrl-C and a stop of the unit reach it too: half a fix would leave Samba stopped.
// As a terminal's Ctrl-C reaches all of its process group, and a reader of its output may go.
TEST_F(FixInterrupted, IsNotEndedByCtrlCNorByAClosedOutput) {
  on_a_host([] {
    FileServer server({"settle: 1s"});
    server.time_disk().shutdown(server.time());
    const auto script = program_path("motokoctl") + " check --fix --config.file=" + server.host().write_config() +
                        " 2>&1 | head -n 3 >/dev/null & trap '' INT; sleep 0.05; "
                        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do kill -INT 0; sleep 0.03; done; wait";
    (void)run({{"setsid", "sh", "-c", script}}, seconds(60));
    EXPECT_TRUE(eventually(seconds(30), [&] {
      const auto history = server.command({"history", "--format=json"});
      return !history.json.empty() && history.json.at(0).at("outcome") == "fixed";
    }));
    EXPECT_TRUE(server.serves());
  });
}

TEST_F(FixInterrupted, IsNotEndedByASignalThatAsksPolitely) {
  on_a_host([] {
    FileServer server({"settle: 1s"});
    server.time_disk().shutdown(server.time());
    ChildProcess fix(
        Command{{program_path("motokoctl"), "fix", "--format=json", "--config.file=" + server.host().write_config()}});
    ASSERT_TRUE(eventually(seconds(20), [&] { return fix.standard_error().find("step=") != std::string::npos; }));
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) fix.send(signal);
    ASSERT_TRUE(fix.wait(seconds(30)));
    EXPECT_EQ(nlohmann::json::parse(fix.standard_output()).at("outcome"), "fixed");
    EXPECT_TRUE(server.serves());
  });
}

}  // namespace
}  // namespace motoko::testing
