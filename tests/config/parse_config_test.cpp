// What a valid file means.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/config/load_config.h"

namespace motoko::config {
namespace {

using namespace std::chrono_literals;
using base::SpaceBytes;
using base::SpaceRatio;
using ::testing::ElementsAre;
using ::testing::Pair;

std::string text_of(const ConfigErrors& errors) {
  std::string text;
  for (const auto& error : errors) text += error.to_string() + "\n";
  return text;
}

Config parsed(std::string_view yaml) {
  const auto config = parse_config(yaml, "config.yml");
  EXPECT_TRUE(config) << text_of(config ? ConfigErrors() : config.error());
  return config.value_or(Config());
}

Config defaults() {
  return Config{.file = "config.yml"};
}

// The example of the configuration's documentation, which is what people copy.
constexpr auto kDocumented = R"(
fstab: /etc/fstab
mounts:                    # omitted: every fstab entry named by UUID=, LABEL=, PARTUUID= or PARTLABEL=
  - path: /time            #   except /, /boot, /boot/efi, /efi and swap
    min_available: 5%      # or 200GiB
    time_machine: true
    disk: "WDC WD200EDGZ-11BLDS0, serial STGVU4GW"   # free text for people: which disk to plug in
  - path: /space
samba:
  enabled: true
  unit: auto               # smb.service or smbd.service, whichever exists
  address: 127.0.0.1:445   # where the SMB handshake is tried
  control: systemd         # or command, with commands: {start: [...], stop: [...]} (argv lists, no shell)
kernel_log: {window: 15m}
probe: {deadline: 2s, write: off}   # or an interval such as 5m: write and fsync of an unnamed file
remediation:
  mode: on                 # off | shadow (plan, record, change nothing) | on
  executor: systemd        # or direct
  fsck: on-errors          # never | on-errors | always; e2fsck -p only
  kill_holders: false
  cooldown: 5m             # between two runs that change something
  max_attempts: 3          # failed runs in attempt_window before the circuit opens
  attempt_window: 1h
  settle: 10s              # verified again after this long
  state_dir: /var/lib/motoko
webhook:
  bearer_token_file: /etc/motoko/webhook.token   # required unless listening on loopback only
  match_labels: {}         # act only on alerts that carry these
)";

TEST(ParseConfig, ReadsTheDocumentedExample) {
  const Config config = parsed(kDocumented);
  const std::vector<MountConfig> mounts = {
      {.path = "/time",
       .min_available = SpaceRatio{0.05},
       .time_machine = true,
       .max_backup_age = 72h,
       .disk = "WDC WD200EDGZ-11BLDS0, serial STGVU4GW",
       .line = 4},
      {.path = "/space", .line = 8},
  };
  EXPECT_EQ(config.file, "config.yml");
  EXPECT_EQ(config.fstab, "/etc/fstab");
  EXPECT_EQ(config.mounts, mounts);
  EXPECT_EQ(config.samba, (SambaConfig{.enabled = true,
                                       .unit = "auto",
                                       .address = "127.0.0.1:445",
                                       .control = SambaControl::systemd,
                                       .start_command = {},
                                       .stop_command = {}}));
  EXPECT_EQ(config.kernel_log_window, 15min);
  EXPECT_EQ(config.probe.deadline, 2s);
  EXPECT_EQ(config.probe.write_interval, std::nullopt);
  EXPECT_EQ(config.remediation, (RemediationConfig{.mode = RemediationMode::on,
                                                   .executor = Executor::systemd,
                                                   .fsck = FsckPolicy::on_errors,
                                                   .kill_holders = false,
                                                   .cooldown = 5min,
                                                   .max_attempts = 3,
                                                   .attempt_window = 1h,
                                                   .settle = 10s,
                                                   .state_dir = "/var/lib/motoko"}));
  EXPECT_EQ(config.webhook.bearer_token_file, "/etc/motoko/webhook.token");
  EXPECT_TRUE(config.webhook.match_labels.empty());
}

TEST(ParseConfig, ReadsEveryKeyWhereItDiffersFromItsDefault) {
  const Config config = parsed(R"(
fstab: /srv/fstab
mounts:
- path: //flux/
  min_available: 200GiB
  time_machine: true
  max_backup_age: 36h
  disk: blue label
samba:
  enabled: false
  unit: smb.service
  address: "[::1]:1445"
  control: command
  commands:
    start: [/usr/sbin/rcsmb, start, 5, true]
    stop: [/usr/sbin/rcsmb, 'a b']
kernel_log: {window: 1h30m}
probe: {deadline: 500ms, write: 5m}
remediation:
  mode: shadow
  executor: direct
  fsck: always
  kill_holders: true
  cooldown: 0s
  max_attempts: 7
  attempt_window: 2h
  settle: 0s
  state_dir: /srv/state
webhook:
  bearer_token_file: /srv/token
  match_labels: {team: storage, floor: 3, ready: true}
)");
  ASSERT_EQ(config.mounts->size(), 1U);
  const MountConfig& mount = config.mounts->front();
  EXPECT_EQ(mount.path, "/flux");
  EXPECT_EQ(mount.min_available, base::SpaceThreshold(SpaceBytes{200ull << 30}));
  EXPECT_TRUE(mount.time_machine);
  EXPECT_EQ(mount.max_backup_age, 36h);
  EXPECT_EQ(mount.disk, "blue label");
  EXPECT_EQ(config.fstab, "/srv/fstab");
  EXPECT_EQ(config.samba, (SambaConfig{.enabled = false,
                                       .unit = "smb.service",
                                       .address = "[::1]:1445",
                                       .control = SambaControl::command,
                                       .start_command = {"/usr/sbin/rcsmb", "start", "5", "true"},
                                       .stop_command = {"/usr/sbin/rcsmb", "a b"}}));
  EXPECT_EQ(config.kernel_log_window, 90min);
  EXPECT_EQ(config.probe, (ProbeConfig{.deadline = 500ms, .write_interval = 300s}));
  EXPECT_EQ(config.remediation, (RemediationConfig{.mode = RemediationMode::shadow,
                                                   .executor = Executor::direct,
                                                   .fsck = FsckPolicy::always,
                                                   .kill_holders = true,
                                                   .cooldown = 0s,
                                                   .max_attempts = 7,
                                                   .attempt_window = 2h,
                                                   .settle = 0s,
                                                   .state_dir = "/srv/state"}));
  EXPECT_EQ(config.webhook.bearer_token_file, "/srv/token");
  EXPECT_THAT(config.webhook.match_labels,
              ElementsAre(Pair("floor", "3"), Pair("ready", "true"), Pair("team", "storage")));
}

TEST(ParseConfig, GivesTheDefaultsForAFileWithoutSettings) {
  for (const auto* yaml :
       {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "{}\n", "~\n", "\xef\xbb\xbf", "   \n"})
    EXPECT_EQ(parsed(yaml), defaults()) << ::testing::PrintToString(yaml);
}

TEST(ParseConfig, GivesTheDefaultsOfASectionThatNamesOnlyOneKey) {
  Config expected = defaults();
  expected.probe.deadline = 3s;
  EXPECT_EQ(parsed("probe: {deadline: 3s}\n"), expected);
}

TEST(ParseConfig, TakesOnAndOffAsWordsWithAndWithoutQuotes) {
  EXPECT_EQ(parsed("remediation: {mode: on}").remediation.mode, RemediationMode::on);
  EXPECT_EQ(parsed("remediation: {mode: \"on\"}").remediation.mode, RemediationMode::on);
  EXPECT_EQ(parsed("remediation: {mode: off}").remediation.mode, RemediationMode::off);
  EXPECT_EQ(parsed("remediation: {mode: 'off'}").remediation.mode, RemediationMode::off);
  EXPECT_EQ(parsed("probe: {write: 'off'}").probe.write_interval, std::nullopt);
}

TEST(ParseConfig, TakesWindowsLineEndsAndAByteOrderMark) {
  Config expected = defaults();
  expected.fstab = "/srv/fstab";
  expected.samba.enabled = false;
  EXPECT_EQ(parsed("\xef\xbb\xbf"
                   "fstab: /srv/fstab\r\nsamba:\r\n  enabled: false\r\n"),
            expected);
}

TEST(ParseConfig, TakesAnEmptyTokenFileAsNone) {
  EXPECT_EQ(parsed("webhook: {bearer_token_file: \"\"}").webhook.bearer_token_file, "");
}

TEST(ParseConfig, TakesTheBoundsOfEveryDuration) {
  EXPECT_EQ(parsed("probe: {deadline: 30s, write: 1s}").probe, (ProbeConfig{.deadline = 30s, .write_interval = 1s}));
  EXPECT_EQ(parsed("probe: {deadline: 1ms, write: 1d}").probe, (ProbeConfig{.deadline = 1ms, .write_interval = 24h}));
  EXPECT_EQ(parsed("kernel_log: {window: 7d}").kernel_log_window, 168h);
}

}  // namespace
}  // namespace motoko::config
