// motokoctl check and motokoctl config check.
#include <algorithm>

#include "tests/e2e/storage_test.h"

namespace motoko::testing {
namespace {

class CheckCommand : public StorageTest {
 protected:
  /// `motokoctl check ARGUMENTS...` comes to print all of `texts` and to exit with `exit_code`.
  [[nodiscard]] ::testing::AssertionResult prints(int exit_code, const std::vector<std::string>& texts,
                                                  std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.begin(), "check");
    Finished finished;
    return eventually(
        std::chrono::seconds(10),
        [&] {
          finished = host_.motokoctl(arguments);
          const auto& printed = finished.standard_output;
          return finished.status.code == exit_code && std::all_of(texts.begin(), texts.end(), [&](const auto& text) {
                   return printed.find(text) != std::string::npos;
                 });
        },
        [&] { return "exit code " + std::to_string(finished.status.code) + "\n" + finished.standard_output; });
  }
};

TEST_F(CheckCommand, JsonHasTheContractsShape) {
  LoopDisk sound;
  LoopDisk faulty;
  const auto path = host_.guard("time", sound.uuid());
  const auto faulty_path = host_.guard("space", faulty.uuid());
  mount_with_file(sound, path);
  mount_with_file(faulty, faulty_path);
  faulty.shutdown(faulty_path);
  const auto report = host_.check();
  EXPECT_EQ(report.exit_code, kCritical);
  EXPECT_EQ(report.json.at("healthy"), false);
  EXPECT_EQ(report.json.at("severity"), "critical");
  ASSERT_EQ(report.json.at("mounts").size(), 2U);
  const auto& first = report.json.at("mounts")[0];
  EXPECT_EQ(first.at("path"), path);
  EXPECT_EQ(first.at("healthy"), true);
  EXPECT_TRUE(first.at("findings").is_array());
  EXPECT_TRUE(first.at("findings").empty());
  const auto& second = report.json.at("mounts")[1];
  EXPECT_EQ(second.at("healthy"), false);
  ASSERT_FALSE(second.at("findings").empty());
  for (const auto& finding : second.at("findings")) {
    EXPECT_TRUE(finding.at("code").is_string());
    EXPECT_EQ(finding.at("severity"), finding.at("code") == "kernel_errors" ? "warning" : "critical") << finding;
    EXPECT_FALSE(finding.at("detail").get<std::string>().empty());
  }
  EXPECT_TRUE(report.json.at("findings").is_array());
}

TEST_F(CheckCommand, ExitCodesFollowTheMonitoringPluginsConvention) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  EXPECT_TRUE(prints(kHealthy, {}));
  bind_mount(path, path);
  EXPECT_TRUE(prints(kWarning, {}));
  unmount(path);
  unmount(path);
  EXPECT_TRUE(prints(kCritical, {}));
}

TEST_F(CheckCommand, TextNamesTheMountAndTheFindingAndHasNoEscapesInAPipe) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  EXPECT_TRUE(prints(kHealthy, {path, "healthy"}));
  disk.unmount(path);
  EXPECT_TRUE(prints(kCritical, {path, "not_mounted"}, {"--format=text"}));
  EXPECT_EQ(host_.motokoctl({"check"}).standard_output.find('\033'), std::string::npos);
}

TEST_F(CheckCommand, TellsWhichDiskToPlugIn) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid(), {.config = {"disk: \"WDC WD200EDGZ, serial STGVU4GW\""}});
  ASSERT_TRUE(disk.detach());
  EXPECT_TRUE(prints(kCritical, {"device_missing", "STGVU4GW"}));
}

TEST_F(CheckCommand, ChangesNothing) {
  LoopDisk disk;
  const auto path = host_.guard("time", disk.uuid());
  mount_with_file(disk, path);
  disk.shutdown(path);
  const auto before = mount_rows();
  EXPECT_EQ(host_.check().exit_code, kCritical);
  EXPECT_EQ(mount_rows(), before);
}

TEST_F(CheckCommand, ABadFlagIsNoReport) {
  EXPECT_EQ(host_.motokoctl({"check", "--format=xml"}).status.code, 2);
  EXPECT_EQ(host_.motokoctl({"check", "--nonsense"}).status.code, 2);
  EXPECT_EQ(host_.motokoctl({"nonsense"}).status.code, 2);
  EXPECT_EQ(host_.motokoctl({}).status.code, 2);
}

TEST_F(CheckCommand, ConfigCheckPrintsAnEffectiveConfigurationThatIsReadBackAsTheSame) {
  const auto path = host_.guard("a b ü", random_uuid(), {.config = {"min_available: 200GiB", "disk: \"x: #y\""}});
  const auto first = host_.motokoctl({"config", "check"});
  ASSERT_EQ(first.status.code, 0) << first.standard_error;
  EXPECT_NE(first.standard_output.find("min_available"), std::string::npos) << first.standard_output;
  const auto again_file = host_.directory().write("again.yml", first.standard_output);
  const auto again = run({{program_path("motokoctl"), "config", "check", "--config.file=" + again_file}});
  ASSERT_EQ(again.status.code, 0) << again.standard_error;
  const auto without_file_name = [](std::string text) { return text.substr(text.find('\n')); };
  EXPECT_EQ(without_file_name(again.standard_output), without_file_name(first.standard_output));
}

}  // namespace
}  // namespace motoko::testing
