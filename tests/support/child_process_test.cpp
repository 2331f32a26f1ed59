#include "tests/support/child_process.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "tests/support/eventually.h"
#include "tests/support/privileges.h"
#include "tests/support/process_state.h"

namespace motoko::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChildProcess, ReportsExitCodeAndBothOutputs) {
  const auto finished = run({{"sh", "-c", "echo out; echo err >&2; exit 3"}});
  EXPECT_EQ(finished.status, (ExitStatus{3, 0}));
  EXPECT_EQ(finished.standard_output, "out\n");
  EXPECT_EQ(finished.standard_error, "err\n");
}

TEST(ChildProcess, ReportsTheSignalThatEndedIt) {
  ChildProcess child({{"sleep", "60"}});
  EXPECT_TRUE(child.running());
  child.send(SIGTERM);
  EXPECT_EQ(child.wait(seconds(5)), (ExitStatus{-1, SIGTERM}));
  EXPECT_FALSE(child.running());
}

TEST(ChildProcess, PassesArgumentsAndEnvironmentUnchanged) {
  Command command{{"sh", "-c", "printf '%s|' \"$@\" \"$KEI\"", "sh", "a b", "", "é"}};
  command.environment = {{"KEI", "x=y"}};
  EXPECT_EQ(run_checked(command), "a b||é|x=y|");
}

TEST(ChildProcess, RefusesAProgramThatIsNotThere) {
  EXPECT_THROW(ChildProcess({{"/nonexistent/motoko"}}), std::system_error);
  EXPECT_THROW(ChildProcess({{"motoko-no-such-program"}}), std::system_error);
  EXPECT_FALSE(has_program("motoko-no-such-program"));
}

TEST(ChildProcess, GivesUpAtTheDeadlineAndNamesTheProgram) {
  try {
    run({{"sleep", "60"}}, milliseconds(20));
    FAIL() << "must throw";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "sleep 60 still runs after 20 ms\n");
  }
}

TEST(ChildProcess, ThrowsWithWhatAFailingProgramPrinted) {
  EXPECT_THROW(run_checked({{"sh", "-c", "echo no >&2; exit 1"}}), std::runtime_error);
}

TEST(ChildProcess, DiesWithTheProcessThatStartedIt) {
  adopt_orphans();
  const TempDir directory;
  const pid_t starter = ::fork();
  if (starter == 0) {
    ::setenv("TMPDIR", directory.path().c_str(),
             1);  // a killed process does not tidy up: what it leaves goes with this
    const ChildProcess child({{"sleep", "60"}});
    ::pause();
    ::_exit(0);
  }
  ASSERT_TRUE(eventually(seconds(5), [&] {
    const auto children = descendants(starter);
    return children.size() == 1 && children[0].name == "sleep";
  }));
  const pid_t grandchild = descendants(starter)[0].pid;
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  int status = 0;
  EXPECT_TRUE(eventually(seconds(5), [&] { return ::waitpid(grandchild, &status, WNOHANG) == grandchild; }));
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(ChildProcess, RunsWithoutPrivilegesAsAsked) {
  MOTOKO_REQUIRE_ROOT("programs that run without privileges");
  Command command{{"sh", "-c", "id -u; id -g; id -G; grep CapEff /proc/self/status"}};
  command.unprivileged = 65534;
  EXPECT_EQ(run_checked(command), "65534\n65534\n65534\nCapEff:\t0000000000000000\n");
  command.capabilities = {CAP_DAC_READ_SEARCH, CAP_SYSLOG};
  EXPECT_EQ(run_checked(command), "65534\n65534\n65534\nCapEff:\t0000000400000004\n");
}

}  // namespace
}  // namespace motoko::testing
