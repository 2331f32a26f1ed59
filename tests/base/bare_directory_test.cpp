// What needs no mount. The rest is tested against real ones in tests/e2e/guard_test.cpp.
#include "exporter/base/bare_directory.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "exporter/base/directory.h"

namespace motoko::base {
namespace {

TEST(OpenBareDirectory, TakesOnlyPathsThatEndInAName) {
  for (const char* path : {"", "/", "time", "srv/time", "/srv/", "/srv/.", "/srv/..", "/..", "."}) {
    const auto opened = open_bare_directory(path);
    ASSERT_FALSE(opened) << path;
    EXPECT_TRUE(opened.error().is(std::errc::invalid_argument)) << path << ": " << opened.error().message();
  }
}

TEST(ReadInodeFlags, AreNotSupportedByAFileSystemWithoutThem) {
  const UniqueFd directory(::open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto flags = read_inode_flags(directory);
  ASSERT_FALSE(flags);
  EXPECT_TRUE(flags.error().is(std::errc::not_supported)) << flags.error().message();
}

TEST(CountEntries, LeavesOutTheDirectoryItselfAndItsParent) {
  UniqueFd threads(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(count_entries(std::move(threads)), std::uint64_t{1}) << "this test has one thread";
}

TEST(CountEntries, OfSomethingElseIsAnError) {
  UniqueFd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(count_entries(std::move(file)));
}

}  // namespace
}  // namespace motoko::base
