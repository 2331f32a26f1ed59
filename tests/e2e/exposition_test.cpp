// The whole of /metrics on a host where nothing is wrong: which families there are, and how many series.
#include <map>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class Exposition : public StorageTest {};

TEST_F(Exposition, EveryFamilyOfAHealthyMountIsThereOnceForEachMount) {
  LoopDisk time;
  LoopDisk space;
  LoopDisk not_guarded;
  const auto time_path = host_.guard("time", time.uuid());
  const auto space_path = host_.guard("space", space.uuid());
  const auto other_path = host_.directory().make_directory("other");
  mount_with_file(time, time_path);
  mount_with_file(space, space_path);
  mount_with_file(not_guarded, other_path);
  ASSERT_TRUE(host_.shows(time_path, healthy()));
  ASSERT_TRUE(host_.shows(space_path, healthy()));

  const std::map<std::string, std::size_t> series_per_mount = {
      {"motoko_mount_healthy", 1},
      {"motoko_mount_present", 1},
      {"motoko_mount_stale", 1},
      {"motoko_mount_stale_reason", 5},
      {"motoko_mount_duplicates", 1},
      {"motoko_mount_stale_layers", 1},
      {"motoko_mount_emergency_ro", 1},
      {"motoko_mount_shutdown", 1},
      {"motoko_mount_read_only", 1},
      {"motoko_mount_device_present", 1},
      {"motoko_mount_info", 1},
      {"motoko_mount_detached_superblock", 1},
      {"motoko_mount_probe_success", 2},
      {"motoko_mount_probe_duration_seconds", 2},
      {"motoko_filesystem_size_bytes", 1},
      {"motoko_filesystem_free_bytes", 1},
      {"motoko_filesystem_avail_bytes", 1},
      {"motoko_filesystem_files", 1},
      {"motoko_filesystem_files_free", 1},
      {"motoko_filesystem_min_available_bytes", 1},
      {"motoko_ext4_recent_errors", 1},
      {"motoko_ext4_superblock_errors", 1},
      {"motoko_ext4_superblock_warnings", 1},
  };
  const auto metrics = host_.exporter().scrape();
  for (const auto& [name, count] : series_per_mount) {
    EXPECT_EQ(metrics.samples(name, {{"mountpoint", time_path}}).size(), count) << name;
    EXPECT_EQ(metrics.samples(name, {{"mountpoint", space_path}}).size(), count) << name;
    EXPECT_TRUE(metrics.samples(name, {{"mountpoint", other_path}}).empty()) << name;
    EXPECT_EQ(metrics.samples(name).size(), 2 * count) << name;
    EXPECT_EQ(metrics.families().at(name).type, "gauge") << name;
  }
  EXPECT_EQ(metrics.value("motoko_mount_info", {{"mountpoint", time_path},
                                                {"device", time.device()},
                                                {"expected_device", time.device()},
                                                {"uuid", time.uuid()},
                                                {"fstype", "ext4"}}),
            1);
}

TEST_F(Exposition, TheHostsOwnFamiliesAreThere) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  const auto metrics = host_.exporter().scrape();
  for (const auto* collector : {"mounts", "ext4", "kernel_log"}) {
    EXPECT_EQ(metrics.value("motoko_collector_success", {{"collector", collector}}), 1) << collector;
    EXPECT_GE(metrics.value("motoko_collector_duration_seconds", {{"collector", collector}}), 0) << collector;
  }
  EXPECT_GE(metrics.value("motoko_kernel_log_lost_total"), 0);
  EXPECT_EQ(metrics.families().at("motoko_kernel_log_lost_total").type, "counter");
  EXPECT_EQ(metrics.value("motoko_config_last_reload_successful"), 1);
  ASSERT_EQ(metrics.samples("motoko_build_info").size(), 1U);
  EXPECT_EQ(metrics.samples("motoko_build_info")[0].value, 1);
  EXPECT_TRUE(metrics.samples("motoko_build_info")[0].labels.contains("version"));
  for (const auto* name : {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"}) {
    EXPECT_GT(metrics.value(name), 0) << name;
  }
  EXPECT_TRUE(metrics.value("process_cpu_seconds_total"));
  EXPECT_TRUE(metrics.samples("motoko_smbd_up").empty()) << "samba is not asked for here";
}

TEST_F(Exposition, AFileSystemWithoutAnyFileIsHealthyToo) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  disk.mount(path);
  EXPECT_TRUE(
      host_.shows(path, {{"motoko_mount_healthy", 1}, {"motoko_mount_probe_success", 1, {{"probe", "statfs"}}}}));
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(Exposition, PromtoolFindsNothingWrongOnAHostWithAndWithoutFaults) {
  if (!has_program("promtool")) GTEST_SKIP() << "NOT TESTED: promtool check metrics (no promtool here)";
  LoopDisk sound;
  LoopDisk dead;
  const auto path = host_.guard("time", sound.uuid(), {.config = {"time_machine: true"}});
  const auto dead_path = host_.guard("a \"b\" \\c ü", dead.uuid());
  mount_with_file(sound, path);
  mount_with_file(dead, dead_path);
  dead.trigger_fs_error();
  dead.shutdown(dead_path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  ASSERT_TRUE(host_.shows(dead_path, {{"motoko_mount_shutdown", 1}}));
  const auto scrape = host_.directory().write("scrape", host_.exporter().get("/metrics").body);
  Command promtool{{"promtool", "check", "metrics"}};
  promtool.standard_input = scrape;
  const auto finished = run(promtool);
  EXPECT_EQ(finished.status.code, 0);
  EXPECT_EQ(finished.standard_output + finished.standard_error, "");
}

}  // namespace
}  // namespace motoko::testing
