#include "exporter/app/fstab_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>

#include "tests/support/temp_dir.h"

namespace motoko::app {
namespace {

class FstabWatchTest : public ::testing::Test {
 protected:
  bool announced() {
    pollfd polled{watch_.fd(), POLLIN, 0};
    return ::poll(&polled, 1, 1000) == 1;
  }
  bool quiet() {
    pollfd polled{watch_.fd(), POLLIN, 0};
    return ::poll(&polled, 1, 0) == 0;
  }

  testing::TempDir directory_;
  std::string path_ = directory_.write("fstab", "one\n");
  FstabWatch watch_{path_};
};

TEST_F(FstabWatchTest, UntouchedFileSaysNothing) {
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(FstabWatchTest, FileWrittenInPlaceIsAnnouncedOnce) {
  testing::write_file(path_, "longer than before\n");
  EXPECT_TRUE(announced());
  EXPECT_TRUE(watch_.changed());
  EXPECT_TRUE(quiet());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(FstabWatchTest, FileReplacedAsEditorsDoIsAnnouncedEachTime) {
  for (const char* text : {"second\n", "the third\n"}) {
    const auto other = directory_.write("fstab.new", text);
    std::filesystem::rename(other, path_);
    EXPECT_TRUE(announced()) << text;
    EXPECT_TRUE(watch_.changed()) << text;
  }
}

TEST_F(FstabWatchTest, FileThatIsAwayForAMomentIsNoChangeYet) {
  std::filesystem::remove(path_);
  EXPECT_FALSE(watch_.changed());
  testing::write_file(path_, "back, and other than before\n");
  EXPECT_TRUE(announced());
  EXPECT_TRUE(watch_.changed());
}

TEST_F(FstabWatchTest, FollowsAnotherFileWithTheSameDescriptor) {
  const int fd = watch_.fd();
  directory_.make_directory("other");
  const auto other = directory_.write("other/fstab", "one\n");
  watch_.follow(other);
  EXPECT_EQ(watch_.fd(), fd);
  while (watch_.changed()) {
  }
  testing::write_file(path_, "of no interest any more\n");
  EXPECT_FALSE(watch_.changed());
  testing::write_file(other, "of interest\n");
  EXPECT_TRUE(announced());
  EXPECT_TRUE(watch_.changed());
}

}  // namespace
}  // namespace motoko::app
