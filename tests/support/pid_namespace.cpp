#include "tests/support/pid_namespace.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include "tests/support/temp_dir.h"

namespace motoko::testing {
namespace {

constexpr int kSetupFailed = 3;

[[noreturn]] void run_and_exit(const std::function<void(const std::string&)>& body, const std::string& procfs,
                               const std::string& mount_options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", procfs.c_str(), "proc", 0, mount_options.c_str()) != 0) {
    std::perror("mount procfs in a new PID namespace");
    ::_exit(kSetupFailed);
  }
  try {
    body(procfs);
  } catch (const std::exception& error) {  // it must not run on into the other tests
    ADD_FAILURE() << "exception in the PID namespace: " << error.what();
  }
  std::fflush(nullptr);
  ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

/// Forks once more, as only children enter the new PID namespace.
[[noreturn]] void enter_and_exit(const std::function<void(const std::string&)>& body, const std::string& procfs,
                                 const std::string& mount_options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) {
    std::perror("unshare the PID namespace");
    ::_exit(kSetupFailed);
  }
  const pid_t first = ::fork();
  if (first == 0) run_and_exit(body, procfs, mount_options);
  int status = 0;
  if (first < 0 || ::waitpid(first, &status, 0) != first || !WIFEXITED(status)) ::_exit(kSetupFailed);
  ::_exit(WEXITSTATUS(status));
}

}  // namespace

std::optional<std::string> missing_pid_namespaces() {
  if (::geteuid() != 0) return "not root";
  return std::nullopt;
}

void in_pid_namespace(const std::function<void(const std::string& procfs)>& body, const std::string& mount_options) {
  const TempDir procfs;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0) << std::strerror(errno);
  if (child == 0) enter_and_exit(body, procfs.path(), mount_options);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "failed in the PID namespace; see above";
}

}  // namespace motoko::testing
