#include "exporter/metrics/exposition.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/health/observed.h"

namespace motoko::metrics {
namespace {

using health::evaluate;
using health::healthy_mount;
using health::observation_of;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page(const observation::Observation& observation) {
  return render_metrics(observation, evaluate(observation), {.version = "1.2.3", .last_reload_successful = true});
}
std::string page(observation::MountObservation mount) {
  return page(observation_of(std::move(mount)));
}

/// The lines that do not depend on the process that runs the test.
std::string stable(const std::string& text) {
  std::istringstream lines(text);
  std::string stable;
  for (std::string line; std::getline(lines, line);)
    if (line.find("process_") == std::string::npos && line.find("motoko_build_info{") == std::string::npos)
      stable += line + "\n";
  return stable;
}

/// Everything at once: what /metrics can hold.
observation::Observation everything() {
  auto mount = healthy_mount();
  mount.backups = observation::Backups{
      {"kei/Kei\xe2\x80\x99s \"Mac\".sparsebundle", base::WallTime(std::chrono::seconds(1'794'990'000))}};
  mount.probes->write = observation::ProbeOutcome{.error = {}, .duration = base::Seconds(0.004)};
  mount.ext4 =
      observation::Ext4Counters{.errors = 1, .warnings = 2, .last_error_time = base::WallTime(std::chrono::seconds(1))};
  auto bare = health::not_mounted();
  bare.guard.path = "/space \xff";
  bare.candidates->clear();
  bare.disk = base::errno_error(ENODEV, "disk");
  bare.shadowed_entries = std::uint64_t{2};
  auto observation = observation_of(std::move(mount));
  observation.mounts.push_back(std::move(bare));
  observation.collectors = {{.name = "mounts", .error = {}, .duration = base::Seconds(0.001)},
                            {.name = "kernel_log", .error = health::no_permission(), .duration = base::Seconds(0)}};
  auto log = std::make_shared<observation::KernelLog>();
  log->totals[{"sdb1", observation::KernelEventKind::ext4_error}] = 3;
  log->lost = 7;
  observation.kernel_log = std::move(log);
  return observation;
}

TEST(Exposition, IsWhatTheGoldenPageSays) {
  const std::string path = std::string(MOTOKO_SOURCE_DIR) + "/tests/metrics/golden.prom";
  const auto text = stable(page(everything()));
  if (std::getenv("MOTOKO_UPDATE_GOLDEN")) std::ofstream(path) << text;
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(text, golden.str()) << "MOTOKO_UPDATE_GOLDEN=1 writes it anew; read the difference";
}

TEST(Exposition, SatisfiesPromtool) {
  if (std::system("command -v promtool >/dev/null") != 0)
    GTEST_SKIP() << "NOT TESTED: promtool is not installed (package prometheus)";
  std::string path = "/tmp/motoko-metrics-XXXXXX";
  const int fd = ::mkstemp(path.data());
  ASSERT_GE(fd, 0);
  const auto text = page(everything());
  ASSERT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(fd);
  EXPECT_EQ(std::system(("promtool check metrics < " + path).c_str()), 0);
  ::unlink(path.c_str());
}

TEST(Exposition, UnknownLeavesNoSeries) {
  auto mount = healthy_mount();
  mount.layers = tl::unexpected(health::no_permission());
  const auto text = page(mount);
  for (const char* family : {"motoko_mount_present{", "motoko_mount_healthy{", "motoko_mount_stale{",
                             "motoko_mount_stale_reason{", "motoko_mount_read_only{"})
    EXPECT_THAT(text, Not(HasSubstr(family)));
  EXPECT_THAT(text, HasSubstr("motoko_mount_device_present{mountpoint=\"/time\"} 1"));
}

TEST(Exposition, DeadMountHasNoSizeButKeepsItsThreshold) {
  auto mount = healthy_mount();
  mount.guard.min_available = base::SpaceBytes{400};
  mount.layers->back().flags->shutdown = true;
  const auto text = page(mount);
  EXPECT_THAT(text, Not(HasSubstr("motoko_filesystem_size_bytes")));
  EXPECT_THAT(text, Not(HasSubstr("motoko_filesystem_avail_bytes")));
  EXPECT_THAT(text, HasSubstr("motoko_filesystem_min_available_bytes{mountpoint=\"/time\"} 400"));
  EXPECT_THAT(text, HasSubstr("motoko_mount_stale{mountpoint=\"/time\"} 1"));
}

TEST(Exposition, UnreadableKernelLogLeavesItsFamiliesOut) {
  auto observation = everything();
  observation.kernel_log = tl::unexpected(health::no_permission());
  EXPECT_THAT(page(observation), Not(HasSubstr("motoko_kernel_")));
}

TEST(Exposition, SambaThatIsNotWatchedHasNoSeries) {
  auto observation = everything();
  observation.samba.reset();
  EXPECT_THAT(page(observation), Not(HasSubstr("motoko_smbd")));
}

TEST(Exposition, OneKnownHalfOfSambaIsEnoughToBeDownButNotToBeUp) {
  auto observation = everything();
  observation.samba =
      observation::SambaState{.running = tl::unexpected(health::no_permission()), .responding = false, .detail = ""};
  EXPECT_THAT(page(observation), HasSubstr("motoko_smbd_up 0"));
  observation.samba->responding = true;
  EXPECT_THAT(page(observation), Not(HasSubstr("motoko_smbd_up")));
}

}  // namespace
}  // namespace motoko::metrics
