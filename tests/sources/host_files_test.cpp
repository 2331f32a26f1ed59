// block_devices and file_system_state on trees of files as real hosts show them.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "exporter/sources/block_devices.h"
#include "exporter/sources/file_system_state.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

namespace fs = std::filesystem;
using ::testing::UnorderedElementsAre;

class HostFiles : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    const fs::path file = fs::path(directory_.path()) / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void link(const std::string& path, const std::string& target) {
    const fs::path file = fs::path(directory_.path()) / path;
    fs::create_directories(file.parent_path());
    fs::create_symlink(target, file);
  }
  /// A USB disk sdb with one partition, as sysfs shows it.
  void add_usb_disk() {
    const std::string disk = "sys/devices/pci0000:00/usb2/2-1/host6/target6:0:0/6:0:0:0/block/sdb";
    write(disk + "/size", "39063650304\n");
    write(disk + "/dev", "8:16\n");
    write(disk + "/diskseq", "12\n");
    write(disk + "/device/model", "WD200EDGZ-11BLDS\n");
    fs::create_directories(fs::path(directory_.path()) / disk / "holders");
    write(disk + "/sdb1/size", "39063648256\n");
    write(disk + "/sdb1/dev", "8:17\n");
    write(disk + "/sdb1/partition", "1\n");
    fs::create_directories(fs::path(directory_.path()) / disk / "sdb1/holders");
    link("sys/class/block/sdb", "../../" + disk.substr(4));
    link("sys/class/block/sdb1", "../../" + disk.substr(4) + "/sdb1");
    link("sys/dev/block/8:16", "../../" + disk.substr(4));
    link("sys/dev/block/8:17", "../../" + disk.substr(4) + "/sdb1");
  }

  testing::TempDir directory_;
  base::HostPaths paths_{.procfs = directory_.path() + "/proc",
                         .sysfs = directory_.path() + "/sys",
                         .udev_data = directory_.path() + "/udev"};
};

TEST_F(HostFiles, ListsDisksAndPartitionsWithTheirSequence) {
  add_usb_disk();
  write("sys/class/block/loop0/size", "0\n");
  const auto devices = list_block_devices(paths_);
  ASSERT_TRUE(devices) << devices.error().message();
  EXPECT_THAT(*devices, UnorderedElementsAre(ListedDevice{.name = "sdb",
                                                          .number = {8, 16},
                                                          .size_bytes = 39063650304 * 512,
                                                          .sequence = 12,
                                                          .held = false,
                                                          .disk = "sdb"},
                                             ListedDevice{.name = "sdb1",
                                                          .number = {8, 17},
                                                          .size_bytes = 39063648256 * 512,
                                                          .sequence = 12,
                                                          .held = false,
                                                          .disk = "sdb"}));
}

TEST_F(HostFiles, DeviceUnderAnotherOneIsHeld) {
  add_usb_disk();
  write("sys/class/block/sdb1/holders/dm-0", "");
  const auto devices = list_block_devices(paths_);
  ASSERT_TRUE(devices);
  for (const auto& device : *devices) EXPECT_EQ(device.held, device.name == "sdb1");
}

TEST_F(HostFiles, CountsWhatWasWrittenAndDiscarded) {
  write("proc/diskstats",
        "   8       0 sda 100 2 300 4 50 6 700 8 0 10 11 3 0 9 0 2 5\n"
        "   8       1 sda1 90 2 200 4 0 0 0 0 0 10 11 0 0 0 0 0 0\n"
        "   8      16 sdb 1 2 3 4 5 6 7 8 0 10 11\n");  // before 4.18
  const auto counts = read_write_counts(paths_);
  ASSERT_TRUE(counts) << counts.error().message();
  EXPECT_EQ(*counts, (WriteCounts{{"sda", 53}, {"sda1", 0}, {"sdb", 5}}));
}

TEST_F(HostFiles, NoCountsWithoutDiskstats) {
  EXPECT_FALSE(read_write_counts(paths_));
}

TEST_F(HostFiles, UnreadableSysfsIsAnErrorAndNotAnEmptyHost) {
  EXPECT_FALSE(list_block_devices(paths_));
  EXPECT_FALSE(device_exists(paths_, {8, 17}));
}

TEST_F(HostFiles, DeviceExistsOnlyWithASize) {
  add_usb_disk();
  EXPECT_EQ(device_exists(paths_, {8, 17}), true);
  EXPECT_EQ(device_exists(paths_, {8, 33}), false);
  write("sys/dev/block/7:0/size", "0\n");
  EXPECT_EQ(device_exists(paths_, {7, 0}), false);
}

TEST_F(HostFiles, NamesADeviceByItsNumber) {
  add_usb_disk();
  EXPECT_EQ(device_name(paths_, {8, 17}), "sdb1");
  EXPECT_TRUE(device_name(paths_, {8, 33}).error().is(std::errc::no_such_file_or_directory));
}

TEST_F(HostFiles, DiskOfAPartitionComesFromSysfsOrBetterFromUdev) {
  add_usb_disk();
  EXPECT_EQ(disk_identity(paths_, {8, 17}), (observation::DiskIdentity{.model = "WD200EDGZ-11BLDS", .serial = ""}));
  write("udev/b8:17",
        "S:disk/by-uuid/x\nE:ID_MODEL=WDC_WD200EDGZ-11BLDS0\nE:ID_SERIAL=WDC_x\nE:ID_SERIAL_SHORT=STGVU4GW\n");
  EXPECT_EQ(disk_identity(paths_, {8, 17}),
            (observation::DiskIdentity{.model = "WDC_WD200EDGZ-11BLDS0", .serial = "STGVU4GW"}));
  EXPECT_FALSE(disk_identity(paths_, {8, 33}));
}

TEST_F(HostFiles, TagsFromUdev) {
  write("udev/b8:17", "E:ID_FS_UUID=f54c\nE:ID_FS_TYPE=ext4\nE:ID_PART_ENTRY_UUID=aa-01\nE:ID_FS_LABEL=time");
  EXPECT_EQ(udev_tags(paths_, {8, 17}), (observation::DeviceTags{"f54c", "time", "aa-01", "", "ext4"}));
  EXPECT_FALSE(udev_tags(paths_, {8, 33}));
}

TEST_F(HostFiles, Ext4StateIsReadFromBothTrees) {
  write("proc/fs/ext4/sdb1/options", "rw\nbsddf\nemergency_ro\nshutdown\n");
  write("sys/fs/ext4/sdb1/errors_count", "7\n");
  write("sys/fs/ext4/sdb1/warning_count", "9\n");
  write("sys/fs/ext4/sdb1/last_error_time", "1700000000\n");
  fs::create_directories(fs::path(paths_.sysfs) / "fs/ext4/features");
  EXPECT_EQ(read_ext4_flags(paths_, "sdb1"),
            (observation::SuperblockFlags{.read_only = false, .emergency_ro = true, .shutdown = true}));
  const auto counters = read_ext4_counters(paths_, "sdb1");
  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->errors, 7U);
  EXPECT_EQ(counters->warnings, 9U);
  EXPECT_EQ(counters->last_error_time, base::WallTime(std::chrono::seconds(1700000000)));
  EXPECT_THAT(*list_ext4_superblocks(paths_), UnorderedElementsAre("sdb1"));
}

TEST_F(HostFiles, NumberOfErrorsThatIsNoNumberIsAnErrorThatNamesTheFile) {
  write("sys/fs/ext4/sdb1/errors_count", "many\n");
  const auto counters = read_ext4_counters(paths_, "sdb1");
  ASSERT_FALSE(counters);
  EXPECT_THAT(counters.error().message(), ::testing::HasSubstr("sdb1/errors_count holds \"many\", not a number"));
}

TEST_F(HostFiles, KernelsSince615PrintTheFlags) {
  const std::vector<std::pair<const char*, bool>> releases = {{"5.10.0-28-amd64", false}, {"6.1.0", false},
                                                              {"6.14.9", false},          {"6.15.0-rc1", true},
                                                              {"6.18.44-fc", true},       {"7.3.0", true}};
  for (const auto& [release, prints] : releases) {
    write("proc/sys/kernel/osrelease", std::string(release) + "\n");
    EXPECT_EQ(kernel_prints_flags(paths_), prints) << release;
  }
  write("proc/sys/kernel/osrelease", "unknown\n");
  EXPECT_FALSE(kernel_prints_flags(paths_));
}

}  // namespace
}  // namespace motoko::sources
