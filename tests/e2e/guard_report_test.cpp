// motokoctl guard: what it says and how it ends where it cannot do it all, and what check shows of it.
#include <sys/mount.h>

#include <filesystem>

#include "tests/e2e/bare_directory_test.h"

namespace motoko::testing {
namespace {

using std::chrono::seconds;

constexpr uid_t kNobody = 65534;

using GuardReport = BareDirectoryTest;

TEST_F(GuardReport, TriesEveryMountAndSaysWhatIsWrongWithEach) {
  const auto link = host_.guard("root/link", random_uuid());
  const auto missing = host_.guard("root/missing", random_uuid());
  const auto nowhere = host_.guard("root/gone/nowhere", random_uuid());
  const auto file = host_.guard("root/file", random_uuid());
  const auto good = host_.guard("root/time", random_uuid());
  for (const auto& path : {link, missing, file}) std::filesystem::remove(path);
  std::filesystem::remove_all(root_ + "/gone");
  std::filesystem::create_directory_symlink(good, link);
  write_file(file, "");
  const auto finished = host_.motokoctl({"guard"});
  EXPECT_EQ(finished.status.code, 1);
  EXPECT_EQ(finished.standard_output, good + ": guarded\n");
  EXPECT_EQ(finished.standard_error,
            link + ": cannot be guarded: " + link + " is a symbolic link: Not a directory\n" +  //
                missing + ": cannot be guarded: open the bare directory of " + missing +
                ": No such file or directory\n" +  //
                nowhere + ": cannot be guarded: open " + root_ +
                "/gone without what is mounted there: No such file or directory\n" +  //
                file + ": cannot be guarded: open the bare directory of " + file + ": Not a directory\n");
  EXPECT_TRUE(immutable(good));
}

TEST_F(GuardReport, SaysWhereTheFileSystemBelowHasNoSuchFlag) {
  LoopDisk disk;
  const auto flagless = host_.directory().make_directory("flagless");
  ASSERT_EQ(::mount("ramfs", flagless.c_str(), "ramfs", 0, nullptr), 0);
  const auto path = host_.guard("flagless/time", disk.uuid());
  mount_with_file(disk, path);
  EXPECT_TRUE(guard_gives(1, path + ": cannot be guarded: the file system below has no immutable flag"));
  EXPECT_EQ(guarded_as_checked(path), false);
}

TEST_F(GuardReport, LeavesTheRootDirectoryAlone) {
  const auto fstab = host_.directory().write("root.fstab", "UUID=" + random_uuid() + " / ext4 defaults 0 1\n");
  const auto named = host_.directory().write("named.yml", "fstab: " + fstab + "\nmounts: [{path: /}]\n");
  const auto found = host_.directory().write("found.yml", "fstab: " + fstab + "\n");
  for (const auto& config : {named, found})
    EXPECT_EQ(run({{program_path("motokoctl"), "guard", "--config.file=" + config}}).status.code, 3);
  EXPECT_FALSE(immutable("/"));
}

TEST_F(GuardReport, RefusesWhoeverIsNotRootAndChangesNothing) {
  const auto path = host_.guard("root/time", random_uuid());
  Command command{{program_path("motokoctl"), "guard", "--config.file=" + host_.write_config()}};
  command.unprivileged = kNobody;
  const auto finished = run(command);
  EXPECT_EQ(finished.status.code, 2);
  EXPECT_NE(finished.standard_error.find("only root"), std::string::npos) << finished.standard_error;
  EXPECT_FALSE(immutable(path));
}

TEST_F(GuardReport, NeedsAGoodConfiguration) {
  const auto config = host_.directory().write("bad.yml", "mounst: []\n");
  EXPECT_EQ(run({{program_path("motokoctl"), "guard", "--config.file=" + config}}).status.code, 3);
  host_.guard("root/time", random_uuid());
  const auto none = host_.directory().write("none.yml", "fstab: /dev/null\n");
  const auto finished = run({{program_path("motokoctl"), "guard", "--config.file=" + none}});
  EXPECT_EQ(finished.status.code, 3);
  EXPECT_NE(finished.standard_error.find("nothing to guard"), std::string::npos) << finished.standard_error;
}

TEST_F(GuardReport, CheckShowsItAndJudgesNothingByIt) {
  LoopDisk disk;
  const auto path = host_.guard("root/time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(check_says(kHealthy, path, {}));
  EXPECT_EQ(guarded_as_checked(path), false);
  EXPECT_NE(host_.motokoctl({"check"}).standard_output.find(", bare directory not guarded\n"), std::string::npos);
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
  EXPECT_EQ(guarded_as_checked(path), true);
  EXPECT_NE(host_.motokoctl({"check"}).standard_output.find(", bare directory guarded\n"), std::string::npos);
  disk.unmount(path);
  EXPECT_TRUE(check_says(kCritical, path, {"not_mounted"}));
  EXPECT_EQ(guarded_as_checked(path), true);
}

TEST_F(GuardReport, CheckWithoutPrivilegesDoesNotKnow) {
  const auto path = host_.guard("root/time", random_uuid());
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n"));
  Command command{{program_path("motokoctl"), "check", "--format=json", "--config.file=" + host_.write_config()}};
  command.unprivileged = kNobody;
  const auto report = nlohmann::json::parse(run(command).standard_output);
  EXPECT_TRUE(report.at("mounts").at(0).at("guarded").is_null()) << report;
  command.argv[2] = "--format=text";
  EXPECT_EQ(run(command).standard_output.find("bare directory"), std::string::npos);
}

// Of ext4 a hung disk lets at least what is in memory be looked at; the FUSE file system under it hangs with anything.
TEST_F(GuardReport, HungDiskOnTheMountpointIsNotTouched) {
  FuseDisk fuse;
  const auto path = host_.guard("root/time", fuse.disk().uuid());
  const auto served = host_.guard("root/served", random_uuid());
  mount_with_file(fuse.disk(), path);
  bind_mount(std::filesystem::path(fuse.served_file()).parent_path(), served);
  fuse.hang();
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n" + served + ": guarded\n"));
  EXPECT_TRUE(guard_gives(0, path + ": no longer guarded\n" + served + ": no longer guarded\n", {"--remove"}));
  EXPECT_TRUE(guard_gives(0, path + ": guarded\n" + served + ": guarded\n"));
  EXPECT_TRUE(immutable(below_ + "/time"));
  EXPECT_TRUE(immutable(below_ + "/served"));
  EXPECT_EQ(guarded_as_checked(path), true);
  EXPECT_EQ(guarded_as_checked(served), true);
  fuse.answer();
  EXPECT_FALSE(immutable(path));
}

TEST_F(GuardReport, HungDiskThatHoldsABareDirectoryIsGivenUpAndTheOthersAreGuarded) {
  FuseDisk fuse;
  const auto outer = host_.guard("root/outer", fuse.disk().uuid());
  mount_with_file(fuse.disk(), outer);
  const auto inner = host_.guard("root/outer/inner", random_uuid());
  const auto other = host_.guard("root/time", random_uuid());
  fuse.disk().flush();
  fuse.hang();
  const auto start = std::chrono::steady_clock::now();
  const auto finished = host_.motokoctl({"guard"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  EXPECT_EQ(finished.status.code, 1);
  EXPECT_EQ(finished.standard_output, outer + ": guarded\n" + other + ": guarded\n");
  EXPECT_NE(finished.standard_error.find(inner + ": cannot be guarded: no answer from the disk"), std::string::npos)
      << finished.standard_error;
}

}  // namespace
}  // namespace motoko::testing
