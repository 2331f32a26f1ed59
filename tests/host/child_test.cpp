#include "exporter/host/child.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/support/eventually.h"
#include "tests/support/process_state.h"
#include "tests/support/temp_dir.h"

namespace motoko::host {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr milliseconds kShort{300};

bool alive(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

TEST(RunProgram, GivesExitCodeAndOutput) {
  const auto finished = run_program({.argv = {"sh", "-c", "echo out; echo err >&2; exit 8"}, .deadline = seconds(10)});
  ASSERT_TRUE(finished) << finished.error().message();
  EXPECT_EQ(finished->exit_code, 8);
  EXPECT_EQ(finished->output, "out\nerr\n");
  EXPECT_EQ(describe(*finished), "exit code 8: err");
}

TEST(RunProgram, TellsASignalFromAnExitCode) {
  const auto finished = run_program({.argv = {"sh", "-c", "kill -KILL $$"}, .deadline = seconds(10)});
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->exit_code, -1);
  EXPECT_EQ(describe(*finished), "killed by signal 9");
}

TEST(RunProgram, ReadsNoShellAndHasNoInput) {
  const auto printed = run_program({.argv = {"echo", "$HOME;", "*"}, .deadline = seconds(10)});
  EXPECT_EQ(printed->output, "$HOME; *\n");
  const auto asked = run_program({.argv = {"cat"}, .deadline = seconds(10)});
  EXPECT_EQ(asked->exit_code, 0) << "it must find the end of its input, not wait for a terminal";
}

TEST(RunProgram, NamesTheProgramThatIsNotThere) {
  const auto finished = run_program({.argv = {"/no/such/program"}, .deadline = seconds(10)});
  ASSERT_FALSE(finished);
  EXPECT_TRUE(finished.error().is(std::errc::no_such_file_or_directory));
  EXPECT_THAT(finished.error().message(), HasSubstr("/no/such/program"));
}

TEST(RunProgram, EndsWhatDoesNotEndInTimeWithItsChildren) {
  const testing::TempDir directory;
  const auto pid_file = directory.path("pid");
  const auto start = std::chrono::steady_clock::now();
  const auto finished = run_program(
      {.argv = {"sh", "-c", "trap '' TERM; sleep 600 & echo $! >" + pid_file + "; wait"}, .deadline = kShort});
  ASSERT_FALSE(finished);
  EXPECT_TRUE(finished.error().is(std::errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  const auto grandchild = std::stoi(testing::read_text(pid_file));
  EXPECT_TRUE(testing::eventually(seconds(5), [&] { return !alive(grandchild); }));
}

TEST(RunProgram, DoesNotWaitForTheDaemonItLeavesBehind) {
  const testing::TempDir directory;
  const auto pid_file = directory.path("pid");
  const auto start = std::chrono::steady_clock::now();
  const auto finished = run_program(
      {.argv = {"sh", "-c", "sleep 600 & echo $! >" + pid_file}, .deadline = seconds(60), .ends_with_us = false});
  ASSERT_TRUE(finished);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  const auto daemon = std::stoi(testing::read_text(pid_file));
  EXPECT_TRUE(alive(daemon));
  ::kill(daemon, SIGKILL);
}

TEST(RunProgram, KeepsTheEndOfALongOutput) {
  const auto finished =
      run_program({.argv = {"sh", "-c", "seq 100000"}, .deadline = seconds(10), .max_output_bytes = 7});
  EXPECT_EQ(finished->output, "100000\n");
}

TEST(RunProgram, GivesTheProgramNoDescriptorOfOurs) {
  const int held = ::dup(STDIN_FILENO);  // not closed on exec, as a library may leave one
  const auto finished = run_program({.argv = {"ls", "/proc/self/fd"}, .deadline = seconds(10)});
  ::close(held);
  EXPECT_EQ(finished->output, "0\n1\n2\n3\n") << "3 is the directory that ls reads";
}

TEST(RunInChild, GivesWhatTheWorkReturned) {
  const auto answer = run_in_child(seconds(10), [] { return std::string(10'000, 'x'); });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(*answer, std::string(10'000, 'x'));
}

TEST(RunInChild, KillsWorkThatDoesNotEndInTime) {
  const auto start = std::chrono::steady_clock::now();
  const auto answer = run_in_child(kShort, []() -> std::string {
    for (;;) ::pause();
  });
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().is(std::errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  for (const auto& process : testing::descendants(::getpid())) EXPECT_EQ(process.state, 'Z') << process.name;
}

TEST(RunInChild, SurvivesTheDeathOfTheChild) {
  const auto died = run_in_child(seconds(10), []() -> std::string { ::_exit(3); });
  ASSERT_FALSE(died);
  EXPECT_TRUE(died.error().is(std::errc::broken_pipe));
  EXPECT_FALSE(run_in_child(seconds(10), []() -> std::string { throw 1; }));
}

// A grandchild that the kernel will not let die must not keep the answer from arriving.
TEST(RunInChild, DoesNotWaitForWhatTheChildLeavesBehind) {
  const auto start = std::chrono::steady_clock::now();
  pid_t left = 0;
  const auto answer = run_in_child(seconds(60), [] {
    const pid_t pid = ::fork();
    if (pid == 0)
      for (;;) ::pause();
    return std::to_string(pid);
  });
  ASSERT_TRUE(answer) << answer.error().message();
  left = std::stoi(*answer);
  ::kill(left, SIGKILL);
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
}

TEST(TryInChild, CarriesTheErrorOver) {
  const auto failed = try_in_child(seconds(10), [] { return base::Status(base::errno_error(EBUSY, "umount /time")); });
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().is(std::errc::device_or_resource_busy));
  EXPECT_THAT(failed.error().message(), HasSubstr("umount /time"));
  EXPECT_TRUE(try_in_child(seconds(10), [] { return base::Status(); }));
}

}  // namespace
}  // namespace motoko::host
