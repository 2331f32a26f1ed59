#include "exporter/health/report.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/health/observed.h"

namespace motoko::health {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string text_of(const observation::Observation& observation) {
  return report_text(observation, evaluate(observation), {});
}
nlohmann::json json_of(const observation::Observation& observation) {
  return nlohmann::json::parse(report_json(observation, evaluate(observation)));
}

TEST(Report, HealthyHostSaysSoInOneLine) {
  const auto text = text_of(observation_of(healthy_mount()));
  EXPECT_THAT(text, StartsWith("OK - 1 mount healthy, Samba serves\n"));
  const auto json = json_of(observation_of(healthy_mount()));
  EXPECT_EQ(json["healthy"], true);
  EXPECT_EQ(json["severity"], "ok");
  EXPECT_EQ(json["samba"]["up"], true);
  EXPECT_EQ(json["mounts"][0]["path"], "/time");
  EXPECT_EQ(json["mounts"][0]["healthy"], true);
  EXPECT_TRUE(json["findings"].empty());
}

TEST(Report, FindingsStandWithTheirMountAndInTheWholeList) {
  auto mount = healthy_mount();
  mount.layers->back().flags->shutdown = true;
  const auto json = json_of(observation_of(mount));
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["severity"], "critical");
  EXPECT_EQ(json["mounts"][0]["findings"][0]["code"], "shutdown");
  EXPECT_EQ(json["mounts"][0]["findings"][0]["severity"], "critical");
  EXPECT_EQ(json["findings"][0]["code"], "shutdown");
  EXPECT_EQ(json["findings"][0]["mountpoint"], "/time");
  EXPECT_THAT(text_of(observation_of(mount)), StartsWith("CRITICAL - /time: shutdown\n"));
}

TEST(Report, UnknownIsNullAndNeverHealthy) {
  auto mount = healthy_mount();
  mount.layers = tl::unexpected(no_permission());
  const auto json = json_of(observation_of(mount));
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["severity"], "unknown");
  EXPECT_TRUE(json["mounts"][0]["mounted"].is_null());
  EXPECT_TRUE(json["mounts"][0]["layers"].is_null());
}

TEST(Report, BareDirectoryIsShownWhereItIsKnownAndJudgesNothing) {
  auto mount = healthy_mount();
  EXPECT_TRUE(json_of(observation_of(mount))["mounts"][0]["guarded"].is_null());
  EXPECT_THAT(text_of(observation_of(mount)), Not(HasSubstr("bare directory")));
  for (const bool guarded : {false, true}) {
    mount.guarded = guarded;
    const auto json = json_of(observation_of(mount));
    EXPECT_EQ(json["mounts"][0]["guarded"], guarded);
    EXPECT_EQ(json["healthy"], true);
    EXPECT_THAT(text_of(observation_of(mount)), StartsWith("OK - 1 mount healthy, Samba serves\n"));
    EXPECT_THAT(text_of(observation_of(mount)),
                HasSubstr(guarded ? ", bare directory guarded\n" : ", bare directory not guarded\n"));
  }
}

TEST(Report, SambaThatIsNotWatchedIsNeitherUpNorDown) {
  auto observation = observation_of(healthy_mount());
  observation.samba.reset();
  EXPECT_TRUE(json_of(observation)["samba"]["up"].is_null());
  EXPECT_EQ(json_of(observation)["samba"]["enabled"], false);
}

TEST(Report, NamesFromDisksCannotBreakJsonOrTheTerminal) {
  auto mount = healthy_mount();
  mount.layers->back().layer.source = "/dev/\xff\x1b[31m\"";
  mount.backups = observation::Backups{{"\x1b]0;owned\x07.sparsebundle", test_now().wall}};
  const auto observation = observation_of(mount);
  EXPECT_EQ(json_of(observation)["mounts"][0]["layers"][0]["device"], "/dev/\xef\xbf\xbd\x1b[31m\"");
  EXPECT_THAT(text_of(observation), Not(HasSubstr("\x1b")));
}

TEST(Report, NothingToWatchSaysHowToGoOn) {
  auto observation = observation_of(healthy_mount());
  observation.mounts.clear();
  EXPECT_THAT(text_of(observation), StartsWith("UNKNOWN - there is nothing to watch\n"));
  EXPECT_THAT(text_of(observation), HasSubstr("UUID="));
}

}  // namespace
}  // namespace motoko::health
