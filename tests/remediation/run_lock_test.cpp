#include "exporter/remediation/run_lock.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "tests/remediation/scratch.h"

namespace motoko::remediation {
namespace {

using namespace std::chrono_literals;

constexpr uid_t kNobody = 65534;

bool acquired(const base::Result<LockAttempt>& attempt) {
  return attempt && std::holds_alternative<RunLock>(*attempt);
}

std::optional<pid_t> holder_of(const base::Result<LockAttempt>& attempt) {
  return attempt && std::holds_alternative<LockHeld>(*attempt) ? std::get<LockHeld>(*attempt).holder : std::nullopt;
}

class RunLockTest : public ::testing::Test {
 protected:
  ScratchDir dir_;
  std::string state_dir_ = dir_.path("state");

  /// A child that takes the lock, says so on a pipe, runs `then` and waits to be killed.
  template <typename Then>
  pid_t holding_child(Then then) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const auto child = in_child([&] {
      const auto lock = RunLock::acquire(state_dir_);
      then();
      const char said = acquired(lock) ? 'y' : 'n';
      if (::write(ends[1], &said, 1) != 1) return 1;
      for (;;) ::pause();
      return 0;
    });
    char said = 0;
    EXPECT_EQ(::read(ends[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    ::close(ends[0]);
    ::close(ends[1]);
    return child;
  }
};

TEST_F(RunLockTest, IsHeldUntilItGoes) {
  {
    const auto lock = RunLock::acquire(state_dir_);
    ASSERT_TRUE(acquired(lock));
    EXPECT_EQ(holder_of(RunLock::acquire(state_dir_)), ::getpid()) << "this very process";
    const auto other = in_child([&] { return holder_of(RunLock::acquire(state_dir_)) == ::getppid() ? 0 : 1; });
    EXPECT_EQ(exit_code_of(other), 0) << "asking twice did not release it, and the holder is named";
  }
  const auto other = in_child([&] { return acquired(RunLock::acquire(state_dir_)) ? 0 : 1; });
  EXPECT_EQ(exit_code_of(other), 0);
  EXPECT_TRUE(acquired(RunLock::acquire(state_dir_)));
}

TEST_F(RunLockTest, NamesTheHolderAndIsReleasedBySigkill) {
  const auto holder = holding_child([] {});
  EXPECT_EQ(holder_of(RunLock::acquire(state_dir_)), holder);
  ::kill(holder, SIGKILL);
  EXPECT_EQ(exit_code_of(holder), -1);
  EXPECT_TRUE(acquired(RunLock::acquire(state_dir_)));
}

// A child that hangs in umount on a dead disk outlives the fix that was killed.
TEST_F(RunLockTest, IsReleasedBySigkillThoughAForkedChildLivesOn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const auto holder = holding_child([&] {
    const pid_t orphan = in_child([] {
      for (;;) ::pause();
      return 0;
    });
    EXPECT_EQ(::write(ends[1], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  });
  pid_t orphan = 0;
  ASSERT_EQ(::read(ends[0], &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  ::kill(holder, SIGKILL);
  EXPECT_EQ(exit_code_of(holder), -1);
  EXPECT_TRUE(acquired(RunLock::acquire(state_dir_)));
  ::kill(orphan, SIGKILL);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(RunLockTest, FileIsForItsOwnerOnly) {
  ASSERT_TRUE(acquired(RunLock::acquire(state_dir_)));
  struct stat status {};
  ASSERT_EQ(::stat((state_dir_ + "/lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST_F(RunLockTest, LinkInItsPlaceIsNeverFollowed) {
  std::filesystem::create_directory(state_dir_);
  const auto victim = dir_.path("victim");
  std::filesystem::create_symlink(victim, state_dir_ + "/lock");
  const auto lock = RunLock::acquire(state_dir_);
  EXPECT_EQ(acquired(lock), ::geteuid() == 0) << "root replaces it, others cannot";
  EXPECT_FALSE(std::filesystem::exists(victim));
}

TEST_F(RunLockTest, FileOfAnotherUserIsReplacedByRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "NOT TESTED: a lock that another user put there (not root)";
  std::filesystem::create_directory(state_dir_);
  std::ofstream(state_dir_ + "/lock") << "what it was";
  ASSERT_EQ(::chown((state_dir_ + "/lock").c_str(), kNobody, kNobody), 0);
  ASSERT_TRUE(acquired(RunLock::acquire(state_dir_)));
  struct stat status {};
  ASSERT_EQ(::stat((state_dir_ + "/lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0U);
  EXPECT_EQ(status.st_size, 0);
}

TEST_F(RunLockTest, DirectoryThatCannotBeMadeIsAnErrorWithTheWayOut) {
  const auto lock = RunLock::acquire("/proc/missing/state");
  ASSERT_FALSE(lock);
  EXPECT_THAT(lock.error().message(), ::testing::HasSubstr("remediation.state_dir"));
}

}  // namespace
}  // namespace motoko::remediation
