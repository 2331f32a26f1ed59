// The catalog against real loop devices.
#include "exporter/sources/device_catalog.h"

#include <gmock/gmock.h>

#include <chrono>

#include "exporter/sources/worker_requests.h"
#include "tests/support/child_process.h"
#include "tests/support/fuse_disk.h"
#include "tests/support/loop_disk.h"
#include "tests/support/private_mount_namespace.h"
#include "tests/support/privileges.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using observation::DeviceSpec;
using observation::DeviceTag;

class DeviceCatalogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MOTOKO_REQUIRE_ROOT("reading real block devices");
    ASSERT_TRUE(testing::enter_private_mount_namespace());
    workers_ = std::make_unique<DiskWorkers>(WorkerZygote::start(serve_worker_request).value());
    catalog_ = std::make_unique<DeviceCatalog>(base::HostPaths{}, *workers_, 500ms);
  }

  std::vector<std::string> found(const DeviceSpec& spec) {
    catalog_->device_changed("");
    const auto inventory = catalog_->inventory();
    if (!inventory) return {inventory.error().message()};
    std::vector<std::string> paths;
    for (const auto& device : observation::devices_matching(**inventory, spec).value_or(observation::DeviceInventory{}))
      paths.push_back(device.path);
    return paths;
  }

  std::unique_ptr<DiskWorkers> workers_;
  std::unique_ptr<DeviceCatalog> catalog_;
};

TEST_F(DeviceCatalogTest, FindsADeviceByUuidAndByLabel) {
  const std::string label = "motoko" + testing::random_uuid().substr(0, 8);
  testing::LoopDisk disk({.label = label});
  EXPECT_THAT(found({DeviceTag::uuid, disk.uuid()}), ::testing::ElementsAre(disk.device()));
  EXPECT_THAT(found({DeviceTag::label, label}), ::testing::ElementsAre(disk.device()));
  EXPECT_THAT(found({DeviceTag::path, disk.device()}), ::testing::ElementsAre(disk.device()));
}

TEST_F(DeviceCatalogTest, SeesADeviceGoAndComeBackUnderAnotherName) {
  testing::LoopDisk disk;
  const DeviceSpec spec{DeviceTag::uuid, disk.uuid()};
  ASSERT_THAT(found(spec), ::testing::ElementsAre(disk.device()));
  disk.vanish();
  EXPECT_THAT(found(spec), ::testing::IsEmpty());
  const testing::LoopDisk again = disk.attach_again();
  EXPECT_THAT(found(spec), ::testing::ElementsAre(again.device()));
}

TEST_F(DeviceCatalogTest, SeesTwoDevicesWithOneUuid) {
  testing::LoopDisk disk;
  const testing::LoopDisk copy = disk.copy_with_same_uuid();
  EXPECT_THAT(found({DeviceTag::uuid, disk.uuid()}), ::testing::UnorderedElementsAre(disk.device(), copy.device()));
}

TEST_F(DeviceCatalogTest, DeviceThatHangsKeepsWhatItCarriedAndDelaysNobody) {
  testing::FuseDisk fuse;
  testing::LoopDisk disk;
  ASSERT_THAT(found({DeviceTag::uuid, fuse.disk().uuid()}), ::testing::ElementsAre(fuse.disk().device()));
  fuse.hang();
  for (int i = 0; i < 3; ++i) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_THAT(found({DeviceTag::uuid, fuse.disk().uuid()}), ::testing::ElementsAre(fuse.disk().device()));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms);
  }
  EXPECT_THAT(found({DeviceTag::uuid, disk.uuid()}), ::testing::ElementsAre(disk.device()));
}

TEST_F(DeviceCatalogTest, NothingIsReadAgainWhileNothingChanged) {
  testing::LoopDisk disk;
  const auto first = catalog_->inventory();
  EXPECT_EQ(*catalog_->inventory(), *first);
}

TEST(MayCarrySomethingElse, DeviceThatWasWrittenToIsReadAgainSoon) {
  EXPECT_FALSE(may_carry_something_else(5s, 7, 8)) << "a busy disk is not read with each picture";
  EXPECT_TRUE(may_carry_something_else(11s, 7, 8));
}

TEST(MayCarrySomethingElse, UntouchedDeviceIsLeftToSleepForAMinute) {
  EXPECT_FALSE(may_carry_something_else(59s, 7, 7));
  EXPECT_TRUE(may_carry_something_else(61s, 7, 7)) << "what is not counted must be found in the end";
}

TEST(MayCarrySomethingElse, DeviceOfUnknownWritesIsTakenForWritten) {
  EXPECT_TRUE(may_carry_something_else(11s, {}, {}));
  EXPECT_TRUE(may_carry_something_else(11s, 7, {}));
  EXPECT_TRUE(may_carry_something_else(11s, {}, 7));
}

TEST_F(DeviceCatalogTest, WritesToADeviceAreCounted) {
  testing::LoopDisk disk;
  const auto name = disk.device().substr(5);
  const auto before = read_write_counts({}).value().at(name);
  testing::run_checked({{"tune2fs", "-L", "other", disk.device()}});
  EXPECT_GT(read_write_counts({}).value().at(name), before);
}

}  // namespace
}  // namespace motoko::sources
