// A descriptor is closed exactly once, by whoever owns it last.
#include "exporter/base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace motoko::base {
namespace {

int open_descriptor() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(UniqueFd, ClosesWhenItGoes) {
  const int number = open_descriptor();
  {
    const UniqueFd fd(number);
    EXPECT_TRUE(fd.valid());
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, HandsItsDescriptorOverOnAMove) {
  const int number = open_descriptor();
  UniqueFd first(number);
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): what a move leaves behind is the point
  EXPECT_EQ(second.get(), number);

  const int other = open_descriptor();
  UniqueFd third(other);
  third = std::move(second);
  EXPECT_FALSE(is_open(other)) << "what it owned before is closed";
  EXPECT_EQ(third.get(), number);
}

TEST(UniqueFd, ReleasesWithoutClosing) {
  UniqueFd fd(open_descriptor());
  const int number = fd.release();
  EXPECT_FALSE(fd.valid());
  EXPECT_TRUE(is_open(number));
  fd.reset(number);
  fd.reset();
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, OwnsNothingAtFirst) {
  EXPECT_FALSE(UniqueFd().valid());
}

}  // namespace
}  // namespace motoko::base
