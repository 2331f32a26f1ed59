// The exporter over HTTP: endpoints, reload, compression.
#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class HttpApi : public StorageTest {
 protected:
  void SetUp() override {
    StorageTest::SetUp();
    if (IsSkipped()) return;
    disk_.emplace();
    path_ = host_.guard("time", disk_->uuid());
    mount_with_file(*disk_, path_);
    ASSERT_TRUE(host_.shows(path_, healthy()));
  }
  void TearDown() override {
    disk_.reset();
    StorageTest::TearDown();
  }

  void expect_reload_result(double successful) {
    EXPECT_TRUE(host_.shows("", {{"motoko_config_last_reload_successful", successful}}));
  }

  std::optional<LoopDisk> disk_;
  std::string path_;
};

TEST_F(HttpApi, MetricsHaveTheContentTypeThatPrometheusThreeInsistsOn) {
  const auto response = host_.exporter().get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.header("content-encoding"), "");
}

TEST_F(HttpApi, MetricsAreCompressedOnlyWhenAskedFor) {
  const auto response = host_.exporter().get("/metrics", {{"Accept-Encoding", "gzip"}});
  ASSERT_EQ(response.header("content-encoding"), "gzip");
  const MetricsText metrics(gunzip(response.body));
  EXPECT_EQ(metrics.value("motoko_mount_healthy", {{"mountpoint", path_}}), 1);
  EXPECT_LT(response.body.size(), host_.exporter().get("/metrics").body.size());
  EXPECT_EQ(host_.exporter().get("/metrics", {{"Accept-Encoding", "gzip;q=0, identity"}}).header("content-encoding"),
            "");
  EXPECT_EQ(host_.exporter().get("/metrics", {{"Accept-Encoding", "br"}}).header("content-encoding"), "");
}

TEST_F(HttpApi, HealthEndpointsAnswerAndUnknownPathsAndMethodsDoNot) {
  EXPECT_EQ(host_.exporter().get("/-/healthy").status, 200);
  EXPECT_EQ(host_.exporter().get("/-/ready").status, 200);
  for (const auto* target : {"/nothing", "/metrics/more", "/-/reload/x", "//", "/../etc/passwd"}) {
    EXPECT_EQ(host_.exporter().get(target).status, 404) << target;
  }
  EXPECT_EQ(host_.exporter().get("/-/reload").status, 405);
  EXPECT_EQ(host_.exporter().send({"POST", "/metrics", {}, "x"}).status, 405);
  EXPECT_EQ(host_.exporter().send({"DELETE", "/", {}, ""}).status, 405);
  EXPECT_EQ(host_.exporter().send({"HEAD", "/metrics", {}, ""}).status, 200);
}

TEST_F(HttpApi, HealthAsJsonIsWhatCheckPrints) {
  const auto response = host_.exporter().get("/api/v1/health");
  ASSERT_EQ(response.status, 200);
  EXPECT_TRUE(response.header("content-type").starts_with("application/json")) << response.header("content-type");
  const auto served = nlohmann::json::parse(response.body);
  const auto printed = host_.check().json;
  EXPECT_EQ(served.at("severity"), printed.at("severity"));
  EXPECT_EQ(served.at("healthy"), printed.at("healthy"));
  ASSERT_EQ(served.at("mounts").size(), 1U);
  EXPECT_EQ(served.at("mounts")[0].at("path"), path_);
  for (const auto& item : printed.items()) EXPECT_TRUE(served.contains(item.key())) << item.key();
}

TEST_F(HttpApi, StatusPageAndRunbookAreForPeople) {
  const auto page = host_.exporter().get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(page.header("content-type").starts_with("text/html")) << page.header("content-type");
  EXPECT_NE(page.body.find(path_), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
  const auto runbook = host_.exporter().get("/runbook");
  EXPECT_EQ(runbook.status, 200);
  for (const auto* alert : {"MotokoStorageMountFailed", "MotokoStorageDeviceMissing", "MotokoStorageUnresponsive"}) {
    EXPECT_NE(runbook.body.find("id=\"" + std::string(alert) + "\""), std::string::npos) << alert;
  }
}

TEST_F(HttpApi, ReloadTakesOverANewConfigurationWithoutARestart) {
  LoopDisk added;
  const auto added_path = host_.guard("space", added.uuid());
  mount_with_file(added, added_path);
  EXPECT_TRUE(host_.exporter().scrape().samples("motoko_mount_present", {{"mountpoint", added_path}}).empty());
  host_.write_config();
  EXPECT_EQ(host_.exporter().send({"POST", "/-/reload", {}, ""}).status, 200);
  EXPECT_TRUE(host_.shows(added_path, healthy()));
  EXPECT_TRUE(host_.shows(path_, healthy()));
  expect_reload_result(1);
}

TEST_F(HttpApi, ABadConfigurationIsReportedAndTheOldOneKeptUntilItIsMended) {
  const auto file = host_.config_file();
  write_file(file, "mounts:\n  - path: /time\n    colour: blue\nprobe: {deadline: soon}\n");
  const auto refused = host_.exporter().send({"POST", "/-/reload", {}, ""});
  EXPECT_GE(refused.status, 400);
  EXPECT_NE(refused.body.find(file + ":3"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find(file + ":4"), std::string::npos) << refused.body;
  expect_reload_result(0);
  EXPECT_TRUE(host_.shows(path_, healthy()));
  EXPECT_NE(host_.exporter().log().find("colour"), std::string::npos) << host_.exporter().log();

  host_.write_config();
  EXPECT_EQ(host_.exporter().send({"POST", "/-/reload", {}, ""}).status, 200);
  expect_reload_result(1);
}

TEST_F(HttpApi, HangUpReloadsTooAndKeepsTheOldConfigurationWhereTheNewOneIsBad) {
  write_file(host_.config_file(), "nonsense: 1\n");
  host_.exporter().hang_up();
  expect_reload_result(0);
  EXPECT_TRUE(host_.shows(path_, healthy()));

  host_.configure("kernel_log", "{window: 5m}");
  host_.write_config();
  host_.exporter().hang_up();
  expect_reload_result(1);
}

TEST_F(HttpApi, AnEditedFstabIsFollowedWithoutAReload) {
  LoopDisk other;
  const auto fstab = read_text(host_.fstab_file());
  auto edited = fstab;
  edited.replace(edited.find(disk_->uuid()), other.uuid().size(), other.uuid());
  write_file(host_.fstab_file(), edited);
  EXPECT_TRUE(host_.shows(path_, {{"motoko_mount_stale_reason", 1, {{"reason", "wrong_device"}}}}));
  write_file(host_.fstab_file(), fstab);
  EXPECT_TRUE(host_.shows(path_, healthy()));
}

TEST_F(HttpApi, ManyScrapesAtOnceAreAllAnswered) {
  std::vector<std::thread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        const auto response = http(host_.exporter().address(), {"GET", "/metrics"}, std::chrono::seconds(20));
        if (response && response->status == 200) ++answered;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered, 200);
}

}  // namespace
}  // namespace motoko::testing
