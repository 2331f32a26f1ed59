// The effective configuration, printed and read back.
#include <gtest/gtest.h>

#include "exporter/config/load_config.h"

namespace motoko::config {
namespace {

using namespace std::chrono_literals;

std::string text_of(const ConfigErrors& errors) {
  std::string text;
  for (const auto& error : errors) text += error.to_string() + "\n";
  return text;
}

/// What to_yaml's text reads back to, with the lines that cannot be the same forgotten.
Config round_trip(const Config& config) {
  const std::string yaml = to_yaml(config);
  auto back = parse_config(yaml, config.file);
  EXPECT_TRUE(back) << text_of(back ? ConfigErrors() : back.error()) << yaml;
  if (!back) return {};
  for (std::size_t i = 0; back->mounts && config.mounts && i < back->mounts->size(); ++i)
    back->mounts->at(i).line = config.mounts->at(i).line;
  return *back;
}

Config unusual() {
  Config config;
  config.file = "f";
  config.fstab = "/srv/with space/fstab: new #1";
  config.mounts = {{.path = "/time",
                    .min_available = base::SpaceBytes{1536ull << 30},
                    .time_machine = true,
                    .max_backup_age = 36h + 1s,
                    .disk = "the \"blue\" one: on, # \\ \xc3\xa4",
                    .line = 3},
                   {.path = "/- a", .min_available = base::SpaceRatio{0.025}, .line = 4}};
  config.samba = {.enabled = false,
                  .unit = "smb@\\x2d.service",
                  .address = "[::1]:445",
                  .control = SambaControl::command,
                  .start_command = {"/usr/sbin/rcsmb", "start", "true", "5", "~", "a, b]"},
                  .stop_command = {"/bin/sh"}};
  config.kernel_log_window = 90min;
  config.probe = {.deadline = 1500ms, .write_interval = 5min};
  config.remediation = {.mode = RemediationMode::off,
                        .executor = Executor::direct,
                        .fsck = FsckPolicy::never,
                        .kill_holders = true,
                        .cooldown = 0s,
                        .max_attempts = 4294967295,
                        .attempt_window = 3h + 1s,
                        .settle = 0s,
                        .state_dir = "/srv/state"};
  config.webhook = {.bearer_token_file = "/etc/motoko/webhook.token",
                    .match_labels = {{"team", "storage"}, {"on", "yes"}, {"_x", "a: b\n\"c\""}}};
  return config;
}

TEST(ToYaml, PrintsEveryKeyInTheDocumentedOrder) {
  Config config;
  config.mounts = {{.path = "/time", .time_machine = true, .disk = "WDC"}, {.path = "/space"}};
  EXPECT_EQ(to_yaml(config), R"(fstab: /etc/fstab
mounts:
  - path: /time
    min_available: 5%
    time_machine: true
    disk: "WDC"
    max_backup_age: 3d
  - path: /space
    min_available: 5%
    time_machine: false
    disk: ""
    max_backup_age: 3d
samba:
  enabled: true
  unit: auto
  address: 127.0.0.1:445
  control: systemd
  # commands: only with control: command
kernel_log:
  window: 15m
probe:
  deadline: 2s
  write: off
remediation:
  mode: on
  executor: systemd
  fsck: on-errors
  kill_holders: false
  cooldown: 5m
  max_attempts: 3
  attempt_window: 1h
  settle: 10s
  state_dir: /var/lib/motoko
webhook:
  bearer_token_file: ""
  match_labels: {}
)");
}

TEST(ToYaml, SaysInACommentThatTheMountsFollowFstab) {
  const std::string yaml = to_yaml(Config());
  EXPECT_NE(yaml.find("# mounts: not given, so every entry of fstab named by UUID="), std::string::npos);
  EXPECT_EQ(yaml.find("\nmounts:"), std::string::npos);
}

TEST(ToYaml, PrintsCommandsAsLists) {
  const std::string yaml = to_yaml(unusual());
  EXPECT_NE(yaml.find("  control: command\n  commands:\n    start: [\"/usr/sbin/rcsmb\", \"start\""), std::string::npos)
      << yaml;
}

TEST(ToYaml, IsReadBackToAnEqualValue) {
  EXPECT_EQ(round_trip(Config()), Config());
  EXPECT_EQ(round_trip(unusual()), unusual());
}

TEST(ToYaml, IsReadBackForEveryWordOfEveryChoice) {
  for (const auto mode : {RemediationMode::off, RemediationMode::shadow, RemediationMode::on}) {
    for (const auto fsck : {FsckPolicy::never, FsckPolicy::on_errors, FsckPolicy::always}) {
      for (const auto executor : {Executor::systemd, Executor::direct}) {
        Config config;
        config.remediation.mode = mode;
        config.remediation.fsck = fsck;
        config.remediation.executor = executor;
        EXPECT_EQ(round_trip(config), config);
      }
    }
  }
}

TEST(ToYaml, OfWhatItPrintedIsTheSameText) {
  const std::string yaml = to_yaml(unusual());
  EXPECT_EQ(to_yaml(round_trip(unusual())), yaml);
}

}  // namespace
}  // namespace motoko::config
