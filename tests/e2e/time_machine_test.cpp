// Backup dates of Time Machine bundles. The plists have the form that macOS writes into a network bundle.
#include <filesystem>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

constexpr const char* kHistory = "/com.apple.TimeMachine.SnapshotHistory.plist";

/// A SnapshotHistory with one completed snapshot per date ("2026-11-20T10:11:12Z").
std::string history(const std::vector<std::string>& dates) {
  std::string text =
      R"(<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>Snapshots</key><array>
)";
  for (const auto& date : dates) {
    text += "<dict><key>com.apple.backupd.SnapshotCompletionDate</key><date>" + date +
            "</date><key>com.apple.backupd.SnapshotName</key><string>x.backup</string></dict>\n";
  }
  return text + "</array></dict></plist>\n";
}

class TimeMachine : public StorageTest {
 protected:
  void write_bundle(const std::string& path, const std::vector<std::string>& dates) {
    std::filesystem::create_directories(path);
    write_file(path + kHistory, history(dates));
  }
  [[nodiscard]] Labels series(const std::string& mountpoint, const std::string& bundle) const {
    return {{"mountpoint", mountpoint}, {"bundle", bundle}};
  }
};

TEST_F(TimeMachine, NewestCompletedSnapshotOfEachBundleIsPublishedAndFollowsTheNext) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"time_machine: true"}});
  mount_with_file(disk, path);
  write_bundle(path + "/kei/Kei's Mac.sparsebundle", {"2026-11-20T10:11:12Z", "2026-11-19T10:11:12Z"});
  write_bundle(path + "/Büro.sparsebundle", {"2001-09-09T01:46:40Z"});
  std::filesystem::create_directories(path + "/new.sparsebundle");
  EXPECT_TRUE(host_.shows(
      path,
      {{"motoko_time_machine_last_backup_timestamp_seconds", 1795169472.0, {{"bundle", "kei/Kei's Mac.sparsebundle"}}},
       {"motoko_time_machine_last_backup_timestamp_seconds", 1000000000.0, {{"bundle", "Büro.sparsebundle"}}},
       {"motoko_time_machine_last_backup_timestamp_seconds", kAbsent, {{"bundle", "new.sparsebundle"}}}}));
  EXPECT_TRUE(host_.shows("", {{"motoko_collector_success", 1, {{"collector", "time_machine"}}}}));
  EXPECT_TRUE(check_says(kWarning, path, {"backup_overdue"}));

  write_bundle(path + "/Büro.sparsebundle", {"2001-09-09T01:46:40Z", "2009-02-13T23:31:30Z"});
  // Bundles are read once a minute; a reload reads them at once.
  EXPECT_EQ(host_.exporter().send({"POST", "/-/reload", {}, ""}).status, 200);
  EXPECT_TRUE(host_.shows(
      path, {{"motoko_time_machine_last_backup_timestamp_seconds", 1234567890.0, {{"bundle", "Büro.sparsebundle"}}}}));
}

TEST_F(TimeMachine, AMalformedPlistTakesDownItsOwnBundleOnly) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"time_machine: true"}});
  mount_with_file(disk, path);
  write_bundle(path + "/good.sparsebundle", {"2001-09-09T01:46:40Z"});
  write_bundle(path + "/bad.sparsebundle", {});
  write_file(path + "/bad.sparsebundle" + kHistory, "<?xml version=\"1.0\"?><plist><dict><key>Snapsho");
  EXPECT_TRUE(host_.shows(
      path, {{"motoko_mount_healthy", 1},
             {"motoko_time_machine_last_backup_timestamp_seconds", 1000000000.0, {{"bundle", "good.sparsebundle"}}},
             {"motoko_time_machine_last_backup_timestamp_seconds", kAbsent, {{"bundle", "bad.sparsebundle"}}}}));
  EXPECT_TRUE(host_.shows("", {{"motoko_collector_success", 0, {{"collector", "time_machine"}}},
                               {"motoko_collector_success", 1, {{"collector", "mounts"}}}}));
}

TEST_F(TimeMachine, MountsThatAreNotAskedForHaveNoBackupSeries) {
  LoopDisk disk;
  const auto path = host_.guard("space", disk.uuid());
  mount_with_file(disk, path);
  write_bundle(path + "/a.sparsebundle", {"2001-09-09T01:46:40Z"});
  ASSERT_TRUE(host_.shows(path, healthy()));
  EXPECT_TRUE(host_.exporter().scrape().samples("motoko_time_machine_last_backup_timestamp_seconds").empty());
}

}  // namespace
}  // namespace motoko::testing
