// A disk that hangs must hang for real, and must leave nothing behind, however the test ends.
#include "tests/support/fuse_disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <sstream>

#include "exporter/base/unique_fd.h"
#include "tests/support/eventually.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"
#include "tests/support/process_state.h"
#include "tests/support/uncached_read.h"

namespace motoko::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A child that runs `body` and exits with what it returns. No exec, so that it shares this test's descriptors.
pid_t fork_into(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}

std::optional<int> exit_code_within(pid_t child, milliseconds deadline) {
  int status = 0;
  if (!eventually(deadline, [&] { return ::waitpid(child, &status, WNOHANG) == child; })) return std::nullopt;
  return WEXITSTATUS(status);
}

class FuseDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("disks that hang");
    mountpoint_ = directory_.make_directory("mnt");
    ::setenv("TMPDIR", directory_.path().c_str(), 1);  // so that what a killed child leaves goes with this directory
  }
  void TearDown() override { ::unsetenv("TMPDIR"); }

  TempDir directory_;
  std::string mountpoint_;
};

TEST_F(FuseDiskTest, BlocksAReaderInUninterruptibleSleepUntilItAnswers) {
  FuseDisk fuse;
  fuse.disk().mount(mountpoint_);
  write_file(mountpoint_ + "/file", "x");
  ASSERT_EQ(uncached_read_error(mountpoint_ + "/file"), 0);

  fuse.hang();
  const pid_t reader = fork_into([&] { return uncached_read_error(mountpoint_ + "/file"); });
  EXPECT_TRUE(eventually(seconds(5), [&] { return process_state(reader) == 'D'; }));
  ::kill(reader, SIGKILL);
  EXPECT_EQ(exit_code_within(reader, milliseconds(200)), std::nullopt) << "SIGKILL must not reach it";

  fuse.answer();
  EXPECT_TRUE(exit_code_within(reader, seconds(5)).has_value());
  EXPECT_EQ(uncached_read_error(mountpoint_ + "/file"), 0);
}

TEST_F(FuseDiskTest, FailsReadsAndWritesOnRequest) {
  FuseDisk fuse;
  fuse.disk().mount(mountpoint_);
  write_file(mountpoint_ + "/file", std::string(8192, 'x'));
  ASSERT_EQ(uncached_read_error(mountpoint_ + "/file"), 0);
  fuse.fail_reads(true);
  EXPECT_EQ(uncached_read_error(mountpoint_ + "/file"), EIO);
  EXPECT_TRUE(std::filesystem::exists(mountpoint_ + "/file")) << "what is cached is still seen";
  fuse.fail_reads(false);
  EXPECT_EQ(uncached_read_error(mountpoint_ + "/file"), 0);

  fuse.fail_writes(true);
  const base::UniqueFd file(::open((mountpoint_ + "/file").c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(file.valid());
  EXPECT_EQ(::write(file.get(), "y", 1), 1);
  EXPECT_EQ(::fsync(file.get()), -1);
  EXPECT_EQ(errno, EIO);
}

TEST_F(FuseDiskTest, EndsPromptlyAndLeavesNothingWhenDestroyedWhileAReaderHangs) {
  LoopAttachment attachment;
  pid_t reader = -1;
  const auto start = std::chrono::steady_clock::now();
  {
    FuseDisk fuse;
    attachment = fuse.disk().attachment();
    fuse.disk().mount(mountpoint_);
    write_file(mountpoint_ + "/file", "x");
    ASSERT_EQ(uncached_read_error(mountpoint_ + "/file"), 0);
    fuse.hang();
    reader = fork_into([&] { return uncached_read_error(mountpoint_ + "/file"); });
    ASSERT_TRUE(eventually(seconds(5), [&] { return process_state(reader) == 'D'; }));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(10));
  EXPECT_EQ(exit_code_within(reader, seconds(5)), EIO);
  EXPECT_TRUE(rows_at(mountpoint_).empty());
  EXPECT_TRUE(eventually(seconds(5), [&] { return !is_attached(attachment); }));
  EXPECT_TRUE(descendants(::getpid()).empty());
}

TEST_F(FuseDiskTest, LeavesNothingWhenTheTestProcessIsKilledWhileAReaderHangs) {
  adopt_orphans();
  const auto report = directory_.path("report");
  const pid_t test_process = fork_into([&] {
    if (::unshare(CLONE_NEWNS) != 0) return 1;
    FuseDisk fuse;
    fuse.disk().mount(mountpoint_);
    write_file(mountpoint_ + "/file", "x");
    if (uncached_read_error(mountpoint_ + "/file") != 0) return 1;
    fuse.hang();
    const pid_t reader = fork_into([&] { return uncached_read_error(mountpoint_ + "/file"); });
    if (!eventually(seconds(5), [&] { return process_state(reader) == 'D'; })) return 1;
    write_file(report + ".new", fuse.disk().name() + " " + fuse.disk().attachment().tag + "\n");
    std::filesystem::rename(report + ".new", report);
    ::pause();
    return 0;
  });
  ASSERT_TRUE(eventually(seconds(20), [&] { return std::filesystem::exists(report); }));
  std::istringstream reported(read_text(report));
  LoopAttachment attachment;
  reported >> attachment.name >> attachment.tag;
  ASSERT_GE(descendants(test_process).size(), 2U) << "daemon and reader";

  ::kill(test_process, SIGKILL);
  EXPECT_TRUE(eventually(
      seconds(10),
      [] {
        while (::waitpid(-1, nullptr, WNOHANG) > 0) {
        }
        return descendants(::getpid()).empty();
      },
      [] {
        std::string left;
        for (const auto& row : descendants(::getpid())) left += row.name + " in state " + row.state + "\n";
        return left;
      }));
  EXPECT_TRUE(rows_at(mountpoint_).empty());
  EXPECT_TRUE(eventually(seconds(5), [&] { return !is_attached(attachment); }));
  remove_free_device(attachment.name);
}

}  // namespace
}  // namespace motoko::testing
