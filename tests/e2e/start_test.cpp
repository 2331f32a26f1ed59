// How the programs start, and how they refuse to. Most of this needs no root.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "exporter/base/unique_fd.h"
#include "tests/support/child_process.h"
#include "tests/support/exporter_process.h"
#include "tests/support/mounts.h"
#include "tests/support/privileges.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {
namespace {

constexpr int kUsage = 2;

class Start : public ::testing::Test {
 protected:
  [[nodiscard]] Finished exporter(const std::vector<std::string>& arguments) const {
    Command command{{program_path("motoko-exporter")}};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    return run(command);
  }

  /// A valid configuration that guards nothing.
  [[nodiscard]] std::string empty_config() const {
    const auto fstab = directory_.write("fstab", "");
    return directory_.write("config.yml", "fstab: " + fstab + "\nsamba: {enabled: false}\n");
  }

  TempDir directory_;
};

TEST_F(Start, VersionAndHelpExitWithZero) {
  for (const auto* program : {"motoko-exporter", "motokoctl"}) {
    const auto version = run({{program_path(program), "--version"}});
    EXPECT_EQ(version.status.code, 0) << program;
    EXPECT_NE(version.standard_output.find("motoko"), std::string::npos) << version.standard_output;
    const auto help = run({{program_path(program), "--help"}});
    EXPECT_EQ(help.status.code, 0) << program;
    for (const auto* flag : {"--config.file", "--path.procfs", "--path.sysfs", "--log.level", "--log.format"}) {
      EXPECT_NE(help.standard_output.find(flag), std::string::npos) << program << " " << flag;
    }
  }
  const auto help = run({{program_path("motoko-exporter"), "--help"}}).standard_output;
  for (const auto* flag : {"--web.listen-address", "--web.telemetry-path", "--web.config.file", "0.0.0.0:19520"}) {
    EXPECT_NE(help.find(flag), std::string::npos) << flag;
  }
}

TEST_F(Start, ABadFlagExitsWithTwoAndIsNamed) {
  for (const std::string flag :
       {"--nonsense", "--log.level=loud", "--log.format=xml", "--web.telemetry-path=metrics", "extra"}) {
    const auto finished = exporter({flag, "--config.file=" + empty_config(), "--web.listen-address=127.0.0.1:0"});
    EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0})) << flag;
    EXPECT_NE(finished.standard_error.find(flag.substr(0, flag.find('='))), std::string::npos)
        << finished.standard_error;
  }
}

TEST_F(Start, AnAddressThatCannotBeOneExitsWithTwo) {
  for (const std::string address : {"nonsense", "127.0.0.1", "127.0.0.1:99999", ":x"}) {
    const auto finished = exporter({"--web.listen-address=" + address, "--config.file=" + empty_config()});
    EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0})) << address << ": " << finished.standard_error;
    EXPECT_NE(finished.standard_error.find(address), std::string::npos) << finished.standard_error;
  }
}

TEST_F(Start, ANamedConfigurationThatIsNotThereExitsWithTwo) {
  const auto file = directory_.path("absent.yml");
  for (const auto& finished :
       {exporter({"--config.file=" + file}), run({{program_path("motokoctl"), "check", "--config.file=" + file}})}) {
    EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0}));
    EXPECT_NE(finished.standard_error.find(file), std::string::npos) << finished.standard_error;
  }
}

TEST_F(Start, EveryErrorOfAConfigurationIsToldAtOnceWithFileAndLine) {
  const auto fstab = directory_.write("fstab", "UUID=11111111-2222-3333-4444-555555555555 /time ext4 defaults 0 2\n");
  const auto file = directory_.write("config.yml", "fstab: " + fstab +
                                                       "\n"
                                                       "colour: blue\n"
                                                       "probe: {deadline: soon}\n"
                                                       "samba: [1, 2]\n"
                                                       "kernel_log:\n"
                                                       "  window: 5m\n"
                                                       "  window: 6m\n");
  const std::vector<Finished> refusals = {
      exporter({"--config.file=" + file}),
      run({{program_path("motokoctl"), "config", "check", "--config.file=" + file}}),
      run({{program_path("motokoctl"), "check", "--config.file=" + file}})};
  for (const auto& finished : refusals) {
    EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0}));
    for (const auto* line : {":2: ", ":3: ", ":4: ", ":7: "}) {
      EXPECT_NE(finished.standard_error.find(file + line), std::string::npos) << line << " in\n"
                                                                              << finished.standard_error;
    }
  }
}

TEST_F(Start, AGuardedMountThatFstabDoesNotHaveIsAnErrorAtItsLine) {
  const auto fstab = directory_.write("fstab", "UUID=11111111-2222-3333-4444-555555555555 /time ext4 defaults 0 2\n");
  const auto file =
      directory_.write("config.yml", "fstab: " + fstab + "\nmounts:\n  - path: /time\n  - path: /space\n");
  const auto finished = exporter({"--config.file=" + file});
  EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0}));
  EXPECT_NE(finished.standard_error.find(file + ":4: "), std::string::npos) << finished.standard_error;
  EXPECT_NE(finished.standard_error.find("/space"), std::string::npos) << finished.standard_error;
}

TEST_F(Start, AnFstabThatIsNotThereIsNamed) {
  const auto fstab = directory_.path("absent-fstab");
  const auto file = directory_.write("config.yml", "fstab: " + fstab + "\n");
  const auto finished = exporter({"--config.file=" + file});
  EXPECT_EQ(finished.status, (ExitStatus{kUsage, 0}));
  EXPECT_NE(finished.standard_error.find(fstab), std::string::npos) << finished.standard_error;
}

TEST_F(Start, ATakenPortIsNamedAndNotServed) {
  const base::UniqueFd taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken.get(), 1), 0);
  ASSERT_EQ(::getsockname(taken.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto port = std::to_string(ntohs(address.sin_port));
  const auto finished = exporter({"--web.listen-address=127.0.0.1:" + port, "--config.file=" + empty_config()});
  EXPECT_EQ(finished.status, (ExitStatus{1, 0}));
  EXPECT_NE(finished.standard_error.find("127.0.0.1:" + port), std::string::npos) << finished.standard_error;
}

TEST_F(Start, OnAHostWithNothingToWatchItSaysSoAndHowToGoOn) {
  ExporterProcess exporter(empty_config());
  EXPECT_NE(exporter.log().find("nothing to watch"), std::string::npos) << exporter.log();
  EXPECT_NE(exporter.log().find("mounts"), std::string::npos) << exporter.log();
  EXPECT_EQ(exporter.scrape().samples("motoko_mount_healthy").size(), 0U);
  EXPECT_EQ(exporter.get("/").status, 200);
  EXPECT_TRUE(exporter.stop());
  EXPECT_NE(
      run({{program_path("motokoctl"), "check", "--config.file=" + empty_config()}}).standard_output.find("othing"),
      std::string::npos);
}

TEST_F(Start, WithoutAReadableMountTableItServesWhatItStillKnows) {
  const auto fstab = directory_.write("fstab", "UUID=11111111-2222-3333-4444-555555555555 /time ext4 defaults 0 2\n");
  const auto config = directory_.write("config.yml", "fstab: " + fstab + "\nsamba: {enabled: false}\n");
  ExporterProcess exporter(config, {.arguments = {"--path.procfs=" + directory_.make_directory("empty")}});
  const auto metrics = exporter.scrape();
  EXPECT_EQ(metrics.value("motoko_collector_success", {{"collector", "mounts"}}), 0);
  EXPECT_EQ(metrics.value("motoko_mount_present", {{"mountpoint", "/time"}}), std::nullopt);
  EXPECT_TRUE(exporter.stop());
}

TEST_F(Start, LogLinesAreJsonWhereAskedFor) {
  ExporterProcess exporter(empty_config(), {.arguments = {"--log.format=json"}});
  std::istringstream lines(exporter.log());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded()) << line;
  }
  EXPECT_GT(count, 0);
  EXPECT_TRUE(exporter.stop());
}

TEST_F(Start, ServesOnEveryListenAddressAndTelemetryPath) {
  ExporterProcess exporter(empty_config(),
                           {.arguments = {"--web.listen-address=127.0.0.1:0", "--web.telemetry-path=/m/x"}});
  const auto text = exporter.log();
  const std::string key = "address=";
  const auto second = text.find(key, text.find(key) + 1);
  ASSERT_NE(second, std::string::npos) << text;
  const auto begin = second + key.size();
  const auto other = text.substr(begin, text.find_first_of(" \n", begin) - begin);
  EXPECT_NE(other, exporter.address());
  const auto response = http(other, {"GET", "/m/x"});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(exporter.get("/metrics").status, 404);
  EXPECT_TRUE(exporter.stop());
}

TEST_F(Start, WithoutAnyConfigurationItWatchesWhatFstabNames) {
  MOTOKO_REQUIRE_ROOT("starting without a configuration");
  // A copy of /etc in this test's mount namespace alone, so that the host's own fstab and configuration play no part.
  const auto etc = directory_.path("etc");
  run_checked({{"cp", "-a", "/etc", etc}});
  run_checked({{"rm", "-rf", etc + "/motoko"}});
  write_file(etc + "/fstab",
             "UUID=11111111-2222-3333-4444-555555555555 / ext4 defaults 0 1\n"
             "LABEL=boot /boot ext4 defaults 0 2\n"
             "UUID=22222222-2222-3333-4444-555555555555 none swap sw 0 0\n"
             "UUID=33333333-2222-3333-4444-555555555555 /time ext4 defaults,noatime 0 2\n"
             "/dev/sdz9 /by-path ext4 defaults 0 2\n"
             "LABEL=space /space ext4 defaults,noatime 0 2\n"
             "server:/x /nfs nfs defaults 0 0\n");
  bind_mount(etc, "/etc");
  ExporterProcess exporter("");
  const auto metrics = exporter.scrape();
  EXPECT_EQ(metrics.samples("motoko_mount_present").size(), 2U) << metrics.lines("motoko_mount_present");
  EXPECT_EQ(metrics.value("motoko_mount_present", {{"mountpoint", "/time"}}), 0);
  EXPECT_EQ(metrics.value("motoko_mount_present", {{"mountpoint", "/space"}}), 0);
  EXPECT_TRUE(exporter.stop());
  lazy_unmount("/etc");
}

}  // namespace
}  // namespace motoko::testing
