// A real smbd, started, frozen and stopped. Each test sees only processes of its own, because the exporter looks for
// any smbd of the host.
#include <memory>

#include "tests/e2e/storage_test.h"
#include "tests/support/pid_namespace.h"
#include "tests/support/smbd_server.h"

namespace motoko::testing {
namespace {

class Samba : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = missing_smbd()) GTEST_SKIP() << "NOT TESTED: a real smbd (" << *why << ")";
    if (const auto why = missing_pid_namespaces()) GTEST_SKIP() << "NOT TESTED: a real smbd (" << *why << ")";
    MOTOKO_REQUIRE_ROOT("a real smbd");
  }

  static std::vector<Expected> smbd(double up, double running, double responding) {
    return {{"motoko_smbd_up", up}, {"motoko_smbd_running", running}, {"motoko_smbd_responding", responding}};
  }

  static void watch(GuardedHost& host, const std::string& address) {
    host.configure("samba", "{enabled: true, address: \"" + address + "\"}");
    host.write_config();
  }

  /// `motokoctl check` on that procfs comes to say that smbd is up, or down, and nothing else that is wrong.
  static ::testing::AssertionResult check_says(GuardedHost& host, const std::string& procfs, bool up) {
    Finished finished;
    return eventually(
        std::chrono::seconds(10),
        [&] {
          finished = host.motokoctl({"check", "--format=json", "--path.procfs=" + procfs});
          const auto report = nlohmann::json::parse(finished.standard_output);
          const bool named = finished.standard_output.find("smbd_down") != std::string::npos;
          return finished.status.code == (up ? kHealthy : kCritical) && report.at("samba").at("up") == up &&
                 named != up;
        },
        [&] {
          return "exit code " + std::to_string(finished.status.code) + "\n" + finished.standard_output +
                 finished.standard_error;
        });
  }
};

TEST_F(Samba, IsUpWhileItAnswersAndDownWhileItIsFrozen) {
  in_pid_namespace([](const std::string& procfs) {
    bind_mount(procfs, "/proc");  // for the sanitizers' runtime, which knows no other place
    GuardedHost host;
    LoopDisk disk;
    const auto share = host.guard("time", disk.uuid());
    disk.mount(share);
    const SmbdServer server(share);
    watch(host, server.address());
    const auto& exporter = host.start_exporter({.arguments = {"--path.procfs=" + procfs}});
    EXPECT_TRUE(host.shows("", smbd(1, 1, 1)));
    EXPECT_TRUE(host.shows("", {{"motoko_collector_success", 1, {{"collector", "samba"}}}}));
    EXPECT_TRUE(check_says(host, procfs, true));

    server.freeze();
    EXPECT_TRUE(host.shows("", smbd(0, 1, 0)));
    EXPECT_TRUE(check_says(host, procfs, false));
    EXPECT_LT(exporter.get("/metrics").duration, std::chrono::seconds(1));
    server.thaw();
    EXPECT_TRUE(host.shows("", smbd(1, 1, 1)));
    EXPECT_TRUE(check_says(host, procfs, true));
    EXPECT_TRUE(host.stop_exporter());
  });
}

TEST_F(Samba, IsDownWhileItIsStoppedAndUpOnceItIsStartedAgain) {
  in_pid_namespace([](const std::string& procfs) {
    bind_mount(procfs, "/proc");  // for the sanitizers' runtime, which knows no other place
    GuardedHost host;
    LoopDisk disk;
    const auto share = host.guard("time", disk.uuid());
    disk.mount(share);
    auto server = std::make_unique<SmbdServer>(share);
    watch(host, server->address());
    const auto& exporter = host.start_exporter({.arguments = {"--path.procfs=" + procfs}});
    EXPECT_TRUE(host.shows("", smbd(1, 1, 1)));

    server->stop();
    EXPECT_TRUE(host.shows("", smbd(0, 0, 0)));
    EXPECT_TRUE(check_says(host, procfs, false));

    server = std::make_unique<SmbdServer>(share);
    watch(host, server->address());  // its port is another one
    EXPECT_EQ(exporter.send({"POST", "/-/reload", {}, ""}).status, 200);
    EXPECT_TRUE(host.shows("", smbd(1, 1, 1)));
    EXPECT_TRUE(check_says(host, procfs, true));
    EXPECT_TRUE(host.stop_exporter());
  });
}

// Something else that listens on the port is no smbd.
TEST_F(Samba, IsNotUpForAServerThatAnswersSomethingElse) {
  in_pid_namespace([](const std::string& procfs) {
    bind_mount(procfs, "/proc");  // for the sanitizers' runtime, which knows no other place
    GuardedHost host;
    ExporterProcess no_smbd(host.write_config());  // any HTTP server will do
    watch(host, no_smbd.address());
    host.start_exporter({.arguments = {"--path.procfs=" + procfs}});
    EXPECT_TRUE(host.shows("", smbd(0, 0, 0)));
    EXPECT_TRUE(check_says(host, procfs, false));
    EXPECT_TRUE(host.stop_exporter());
    EXPECT_TRUE(no_smbd.stop());
  });
}

}  // namespace
}  // namespace motoko::testing
