// Names that people really give to directories, and some that nobody should.
#include <filesystem>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class Names : public StorageTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(Names, OfAMountpointAreFollowedThroughAFaultAndBack) {
  LoopDisk disk;
  const auto path = host_.guard(GetParam(), disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(check_says(kHealthy, path, {}));

  disk.shutdown(path);
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "shutdown"}}}}));
  const auto report = host_.check();
  EXPECT_TRUE(report.codes(path).contains("shutdown")) << report.printed;
  EXPECT_EQ(host_.exporter().get("/").status, 200);

  disk.lazy_unmount(path);
  ASSERT_TRUE(released(disk));
  disk.mount(path);
  EXPECT_TRUE(host_.shows(path, healthy()));
}

INSTANTIATE_TEST_SUITE_P(Unusual, Names,
                         ::testing::Values("with blanks", "Übergröße 時間", "quo\"te'd", "back\\slash", "<b>&amp;",
                                           "#hash", "deep/er/down", "comma,colon:", "%41"),
                         [](const auto& param) { return "Name" + std::to_string(param.index); });

TEST_F(Names, OfFilesThatAreNotUtf8DoNotSpoilTheScrape) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"time_machine: true"}});
  disk.mount(path);
  write_file(path + "/\xff\xfe.txt", std::string(8192, 'x'));
  std::filesystem::create_directory(path + "/Mac \xff.sparsebundle");
  EXPECT_TRUE(host_.shows(path, healthy()));
  EXPECT_NO_THROW((void)host_.check());
  EXPECT_EQ(host_.exporter().get("/api/v1/health").status, 200);
}

}  // namespace
}  // namespace motoko::testing
