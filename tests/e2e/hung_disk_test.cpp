// A disk that stops answering: whoever touches it sleeps uninterruptibly. The exporter must not be among them.
#include <signal.h>

#include <algorithm>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class HungDisk : public StorageTest {
 protected:
  static milliseconds median_scrape(const ExporterProcess& exporter) {
    std::vector<milliseconds> durations;
    for (int i = 0; i < 15; ++i) {
      durations.push_back(std::chrono::duration_cast<milliseconds>(exporter.get("/metrics").duration));
    }
    std::sort(durations.begin(), durations.end());
    return durations[durations.size() / 2];
  }
};

TEST_F(HungDisk, IsUnresponsiveUntilItAnswersAgainAndSlowsNoScrape) {
  FuseDisk fuse;
  LoopDisk other;
  const auto path = host_.guard("time", fuse.disk().uuid());
  const auto other_path = host_.guard("space", other.uuid());
  mount_with_file(fuse.disk(), path);
  mount_with_file(other, other_path);
  ASSERT_TRUE(host_.shows(path, healthy()));

  fuse.hang();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_healthy", 0},
                                 {"motoko_mount_stale", 1},
                                 {"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}},
                                 {"motoko_mount_probe_success", 0, {{"probe", "read"}}},
                                 {"motoko_filesystem_size_bytes", kAbsent}}));
  EXPECT_TRUE(host_.shows(other_path, healthy()));
  EXPECT_LT(median_scrape(host_.exporter()), milliseconds(100));
  EXPECT_LT(host_.exporter().get("/api/v1/health").duration, seconds(2));
  EXPECT_LT(host_.exporter().get("/").duration, seconds(2));

  fuse.answer();
  EXPECT_TRUE(host_.shows(path, healthy()));
}

TEST_F(HungDisk, NeverKeepsTheExporterFromEnding) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  fuse.hang();
  ASSERT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}}}));
  EXPECT_TRUE(host_.stop_exporter());
}

TEST_F(HungDisk, IsSeenByAnExporterThatStartsWhileItHangs) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  fuse.hang();
  EXPECT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}}}));
  EXPECT_TRUE(host_.stop_exporter());
}

TEST_F(HungDisk, KeepsABoundedNumberOfProcessesWaitingHoweverOftenItIsScraped) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  fuse.hang();
  ASSERT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}}}));
  for (int i = 0; i < 20; ++i) (void)host_.exporter().scrape();
  const auto processes = descendants(host_.exporter().pid());
  const auto waiting =
      std::count_if(processes.begin(), processes.end(), [](const ProcessRow& row) { return row.state == 'D'; });
  EXPECT_GE(waiting, 1) << "the mount's probe";
  EXPECT_LE(waiting, 2) << "and, where the device was just due to be read again, the reader of its UUID";
}

TEST_F(HungDisk, IsReportedByCheckWhichEndsAllTheSame) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  fuse.hang();
  const auto start = std::chrono::steady_clock::now();
  const auto report = host_.check();
  EXPECT_LT(std::chrono::steady_clock::now() - start, seconds(5));
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_TRUE(report.codes(path).contains("unresponsive")) << report.printed;

  fuse.answer();
  EXPECT_TRUE(check_says(kHealthy, path, {}));
}

TEST_F(HungDisk, IsLetGoOfByTheWorkersOfAnExporterThatWasKilled) {
  FuseDisk fuse;
  const auto path = host_.guard("time", fuse.disk().uuid());
  mount_with_file(fuse.disk(), path);
  ASSERT_TRUE(host_.shows(path, healthy()));
  fuse.hang();
  ASSERT_TRUE(host_.shows(path, {{"motoko_mount_stale_reason", 1, {{"reason", "unresponsive"}}}}));
  ::kill(host_.exporter().pid(), SIGKILL);
  fuse.answer();
  fuse.disk().unmount(path);
  EXPECT_TRUE(released(fuse.disk()));
  EXPECT_FALSE(host_.stop_exporter()) << "it was killed";
}

}  // namespace
}  // namespace motoko::testing
