#include "exporter/sources/mount_tables.h"

#include <gmock/gmock.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/private_mount_namespace.h"
#include "tests/support/privileges.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using observation::DeviceSpec;
using observation::DeviceTag;

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
}

TEST(ReadFstab, ReadsEveryWayToNameADevice) {
  const testing::TempDir directory;
  const std::string path = directory.path() + "/fstab";
  write(path,
        "# comment\n"
        "UUID=f54cf57c-e434-45f5-bde3-cc706ffbe849 /time  ext4 defaults,noatime 0 2\n"
        "UUID=\"7f5e508d-fcac-4d18-80ca-84c857b20b40\" /space/ ext4 ro 0 2\n"
        "LABEL=with\\040space /la\\040bel ext4 defaults 0 0\n"
        "PARTUUID=1234-01 /partuuid ext4 defaults 0 0\n"
        "PARTLABEL=p /partlabel ext4 defaults 0 0\n"
        "/dev/sdb1 /device ext4 defaults 0 0\n"
        "server:/x /nfs nfs defaults 0 0\n"
        "/srv/disk /link ext4 defaults 0 0\n"
        "/srv/folder /bound none rw,bind 0 0\n"
        "UUID=aaaa none swap sw 0 0");
  const auto fstab = read_fstab(path);
  ASSERT_TRUE(fstab) << fstab.error().message();
  ASSERT_EQ(fstab->entries.size(), 10U);
  EXPECT_EQ(fstab->entries[0].device, (DeviceSpec{DeviceTag::uuid, "f54cf57c-e434-45f5-bde3-cc706ffbe849"}));
  EXPECT_EQ(fstab->entries[0].options, "defaults,noatime");
  EXPECT_EQ(fstab->entries[1].device, (DeviceSpec{DeviceTag::uuid, "7f5e508d-fcac-4d18-80ca-84c857b20b40"}));
  EXPECT_EQ(fstab->entries[1].target, "/space");
  EXPECT_EQ(fstab->entries[2].device, (DeviceSpec{DeviceTag::label, "with space"}));
  EXPECT_EQ(fstab->entries[2].target, "/la bel");
  EXPECT_EQ(fstab->entries[3].device, (DeviceSpec{DeviceTag::partuuid, "1234-01"}));
  EXPECT_EQ(fstab->entries[4].device, (DeviceSpec{DeviceTag::partlabel, "p"}));
  EXPECT_EQ(fstab->entries[5].device, (DeviceSpec{DeviceTag::path, "/dev/sdb1"}));
  EXPECT_EQ(fstab->entries[6].device, (DeviceSpec{DeviceTag::other, "server:/x"}));
  EXPECT_EQ(fstab->entries[7].device, (DeviceSpec{DeviceTag::path, "/srv/disk"}));
  EXPECT_EQ(fstab->entries[8].device, (DeviceSpec{DeviceTag::other, "/srv/folder"}));
  EXPECT_EQ(fstab->entries[9].fs_type, "swap");
}

TEST(ReadFstab, GoesOnBehindALineItCannotRead) {
  const testing::TempDir directory;
  const std::string path = directory.path() + "/fstab";
  write(path, "UUID=a /a ext4 defaults 0 2\nnonsense\nUUID=b /b ext4 defaults 0 2\n");
  const auto fstab = read_fstab(path);
  ASSERT_TRUE(fstab);
  EXPECT_EQ(fstab->entries.size(), 2U);
  EXPECT_EQ(fstab->bad_lines, std::vector<int>{2});
}

TEST(ReadFstab, MissingFileIsNamed) {
  const auto fstab = read_fstab("/nowhere/fstab");
  ASSERT_FALSE(fstab);
  EXPECT_EQ(fstab.error().message(), "read fstab: open /nowhere/fstab: No such file or directory");
}

TEST(MountInfo, ReadsTheIncidentAsCaptured) {
  const testing::TempDir directory;
  write(directory.path() + "/self/mountinfo",
        "22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n"
        "95 22 8:17 / /time rw,noatime shared:2 - ext4 /dev/sdb1 rw,seclabel,shutdown\n"
        "99 95 8:33 / /time rw,noatime shared:3 - ext4 /dev/sdc1 rw,seclabel,emergency_ro,shutdown\n"
        "101 22 8:49 / /with\\040space rw - ext4 /dev/sdd1 rw\n");
  MountInfoReader reader({.procfs = directory.path()});
  const auto table = reader.read();
  ASSERT_TRUE(table) << table.error().message();
  const auto stack = observation::stack_at(**table, "/time");
  ASSERT_EQ(stack.size(), 2U);
  EXPECT_EQ(stack[0].source, "/dev/sdb1");
  EXPECT_EQ(stack[1].source, "/dev/sdc1");
  EXPECT_EQ(stack[1].device, (observation::DeviceNumber{8, 33}));
  EXPECT_EQ(stack[1].super_options, "rw,seclabel,emergency_ro,shutdown");
  EXPECT_EQ(observation::stack_at(**table, "/with space").size(), 1U);
}

TEST(MountInfo, ACapturedFileIsReadAgainEachTime) {
  const testing::TempDir directory;
  write(directory.path() + "/self/mountinfo", "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n");
  MountInfoReader reader({.procfs = directory.path()});
  ASSERT_EQ((*reader.read())->size(), 1U);
  write(directory.path() + "/self/mountinfo",
        "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n23 22 8:3 / /a rw - ext4 /dev/sda3 rw\n");
  EXPECT_EQ((*reader.read())->size(), 2U);
}

TEST(MountInfo, MissingFileIsNamed) {
  MountInfoReader reader({.procfs = "/nowhere"});
  const auto table = reader.read();
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message(), "read mount table: open /nowhere/self/mountinfo: No such file or directory");
}

TEST(MountInfo, TheRealTableIsParsedAgainOnlyAfterAMount) {
  MOTOKO_REQUIRE_ROOT("that mounts are announced");
  ASSERT_TRUE(testing::enter_private_mount_namespace());
  const testing::TempDir directory;
  MountInfoReader reader({});
  const auto first = reader.read();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(reader.read()->get(), first->get()) << "nothing changed, so nothing is to be parsed";
  ASSERT_EQ(::mount("motoko-test", directory.path().c_str(), "tmpfs", 0, nullptr), 0);
  const auto mounted = reader.read();
  EXPECT_EQ(observation::stack_at(**mounted, directory.path()).size(), 1U);
  ASSERT_EQ(::umount2(directory.path().c_str(), MNT_DETACH), 0);
  EXPECT_TRUE(observation::stack_at(**reader.read(), directory.path()).empty());
}

}  // namespace
}  // namespace motoko::sources
