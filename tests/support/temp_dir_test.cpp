#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "tests/support/child_process.h"
#include "tests/support/loop_disk.h"
#include "tests/support/privileges.h"

namespace motoko::testing {
namespace {

TEST(TempDirTest, ImmutableDirectoriesDoNotKeepItFromGoing) {
  MOTOKO_REQUIRE_ROOT("removing immutable directories");
  const TempDir mountpoint;
  LoopDisk disk;
  disk.mount(mountpoint.path());
  ASSERT_EQ(::setenv("TMPDIR", mountpoint.path().c_str(), 1), 0);
  auto directory = std::make_unique<TempDir>();
  ::unsetenv("TMPDIR");
  const auto path = directory->path();
  directory->write("guarded/deep/file", "x");
  run_checked({{"chattr", "+i", path + "/guarded/deep", path + "/guarded", path}});
  directory.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace motoko::testing
