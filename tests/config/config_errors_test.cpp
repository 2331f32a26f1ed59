// Every way a setting can be wrong: the line it is reported on, the name it is given, and the way out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/config/load_config.h"

namespace motoko::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ConfigErrors errors_of(std::string_view yaml) {
  auto config = parse_config(yaml, "config.yml");
  return config ? ConfigErrors() : std::move(config.error());
}

std::vector<std::string> texts(const ConfigErrors& errors) {
  std::vector<std::string> texts;
  for (const auto& error : errors) texts.push_back(error.to_string());
  return texts;
}

struct Fault {
  const char* yaml;
  int line;
  const char* subject;  // how the message begins
  const char* way_out;  // what it has further on
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << ::testing::PrintToString(fault.yaml);
}

class OneFault : public ::testing::TestWithParam<Fault> {};

TEST_P(OneFault, IsReportedOnceWithItsLineItsNameAndTheWayOut) {
  const auto errors = errors_of(GetParam().yaml);
  ASSERT_EQ(errors.size(), 1U) << ::testing::PrintToString(texts(errors));
  EXPECT_EQ(errors[0].file, "config.yml");
  EXPECT_EQ(errors[0].line, GetParam().line) << errors[0].message;
  EXPECT_THAT(errors[0].message, AllOf(StartsWith(GetParam().subject), HasSubstr(GetParam().way_out)));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, OneFault,
    ::testing::Values(
        Fault{"fstab: /x\ncolour: red\n", 2, "unknown key \"colour\"",
              "known here: fstab, mounts, samba, kernel_log, probe, remediation, webhook"},
        Fault{"mount: []\n", 1, "unknown key \"mount\"", "did you mean mounts?"},
        Fault{"samba:\n  enabled: true\n  adress: a:1\n", 3, "unknown key \"samba.adress\"", "did you mean address?"},
        Fault{"kernel_log: {windows: 5m}\n", 1, "unknown key \"kernel_log.windows\"", "did you mean window?"},
        Fault{"probe: {timeout: 5s}\n", 1, "unknown key \"probe.timeout\"", "known here: deadline, write"},
        Fault{"remediation:\n\n  Mode: on\n", 3, "unknown key \"remediation.Mode\"", "did you mean mode?"},
        Fault{"webhook: {token: /x}\n", 1, "unknown key \"webhook.token\"",
              "known here: bearer_token_file, match_labels"},
        Fault{"mounts:\n  - path: /a\n    minimum: 5%\n", 3, "unknown key \"mounts[0].minimum\"",
              "known here: path, min_available, time_machine, disk, max_backup_age"},
        Fault{"samba:\n  control: command\n  commands:\n    start: [/a]\n    stop: [/a]\n    restart: [/a]\n", 6,
              "unknown key \"samba.commands.restart\"", "known here: start, stop"},
        Fault{"fstab: /a\nfstab: /b\n", 2, "duplicate key \"fstab\"", "first given on line 1"},
        Fault{"samba:\n  unit: auto\n  enabled: true\n  unit: auto\n", 4, "duplicate key \"samba.unit\"",
              "first given on line 2"},
        Fault{"mounts:\n  - path: /a\n  - path: /b\n    path: /c\n", 4, "duplicate key \"mounts[1].path\"",
              "first given on line 3"},
        Fault{"unknown: {a: 1}\n", 1, "unknown key \"unknown\"", "known here"},
        Fault{"\"a\\nb\": 1\n", 1, "unknown key \"a\\nb\"", "known here"}));

INSTANTIATE_TEST_SUITE_P(
    Types, OneFault,
    ::testing::Values(
        Fault{"- fstab\n", 1, "the file must be a map of sections", "write for example"},
        Fault{"\n\nfstab\n", 3, "the file must be a map of sections", "write for example"},
        Fault{"fstab: [/etc/fstab]\n", 1, "fstab: must be one value, such as /etc/fstab, not a list", ""},
        Fault{"fstab: {path: /etc/fstab}\n", 1, "fstab: must be one value, such as /etc/fstab, not a map", ""},
        Fault{"samba:\n  - enabled\n", 2, "samba: must be a section of keys", "samba: {enabled: true}"},
        Fault{"kernel_log: 15m\n", 1, "kernel_log: must be a section of keys", "kernel_log: {window: 15m}"},
        Fault{"probe: off\n", 1, "probe: must be a section of keys", "probe: {deadline: 2s, write: off}"},
        Fault{"remediation: on\n", 1, "remediation: must be a section of keys", "remediation: {mode: on}"},
        Fault{"webhook: x\n", 1, "webhook: must be a section of keys", "write for example"},
        Fault{"fstab:\nsamba: {}\n", 1, "fstab: has no value", "remove the key and its default applies"},
        Fault{"samba:\n# enabled: true\n\nprobe: {}\n", 1, "samba: has no value", "remove the key"},
        Fault{"mounts:\n", 1, "mounts: has no value", "remove the key"},
        Fault{"probe:\n  write: ~\n", 2, "probe.write: has no value", "remove the key"},
        Fault{"probe: {deadline: null}\n", 1, "probe.deadline: has no value", "remove the key"},
        Fault{"samba: {enabled: yes}\n", 1, "samba.enabled: \"yes\" is not accepted", "write true or false"},
        Fault{"samba: {enabled: no}\n", 1, "samba.enabled: \"no\" is not accepted", "write true or false"},
        Fault{"samba: {enabled: on}\n", 1, "samba.enabled: \"on\" is not accepted", "write true or false"},
        Fault{"samba: {enabled: True}\n", 1, "samba.enabled: \"True\" is not accepted", "write true or false"},
        Fault{"samba: {enabled: 1}\n", 1, "samba.enabled: \"1\" is not accepted", "write true or false"},
        Fault{"samba: {enabled: \"true\"}\n", 1, "samba.enabled: \"true\" is in quotes", "write true without them"},
        Fault{"samba: {enabled: [true]}\n", 1, "samba.enabled: must be one value, such as true, not a list", ""},
        Fault{"remediation: {kill_holders: off}\n", 1, "remediation.kill_holders: \"off\" is not accepted",
              "write true or false"},
        Fault{"remediation: {mode: enabled}\n", 1, "remediation.mode: \"enabled\" is none of off, shadow, on",
              "write one of these"},
        Fault{"remediation: {mode: shadows}\n", 1, "remediation.mode: \"shadows\" is none of", "did you mean shadow?"},
        Fault{"remediation: {mode: ON}\n", 1, "remediation.mode: \"ON\" is none of", "did you mean on?"},
        Fault{"remediation: {mode: true}\n", 1, "remediation.mode: \"true\" is what some YAML tools make of on",
              "off, shadow, on, in quotes"},
        Fault{"remediation: {mode: false}\n", 1, "remediation.mode: \"false\" is what some YAML tools make of off",
              "in quotes"},
        Fault{"remediation: {mode: \"\"}\n", 1, "remediation.mode: \"\" is none of", "write one of these"},
        Fault{"remediation: {executor: [direct]}\n", 1,
              "remediation.executor: must be one value, such as systemd, not a list", ""},
        Fault{"remediation: {executor: docker}\n", 1, "remediation.executor: \"docker\" is none of systemd, direct",
              "write one of these"},
        Fault{"remediation: {fsck: on_errors}\n", 1,
              "remediation.fsck: \"on_errors\" is none of never, on-errors, always", "did you mean on-errors?"},
        Fault{"remediation: {max_attempts: 0}\n", 1, "remediation.max_attempts: \"0\" is not a whole number from 1 on",
              "write for example 3"},
        Fault{"remediation: {max_attempts: -1}\n", 1, "remediation.max_attempts: \"-1\" is not a whole number", ""},
        Fault{"remediation: {max_attempts: 2.5}\n", 1, "remediation.max_attempts: \"2.5\" is not a whole number", ""},
        Fault{"remediation: {max_attempts: three}\n", 1, "remediation.max_attempts: \"three\" is not a whole number",
              ""},
        Fault{"remediation: {max_attempts: \"3\"}\n", 1,
              "remediation.max_attempts: \"3\" (in quotes) is not a whole number", ""},
        Fault{"remediation: {max_attempts: 4294967296}\n", 1,
              "remediation.max_attempts: \"4294967296\" is not a whole number", ""},
        Fault{"remediation: {max_attempts: {}}\n", 1, "remediation.max_attempts: must be one value", "such as 3"}));

INSTANTIATE_TEST_SUITE_P(
    Durations, OneFault,
    ::testing::Values(
        Fault{"probe: {deadline: 5}\n", 1, "probe.deadline: \"5\" has no unit", "write 5s for seconds"},
        Fault{"probe: {deadline: 0}\n", 1, "probe.deadline: \"0\" has no unit", "write 0s"},
        Fault{"probe: {deadline: 0s}\n", 1, "probe.deadline: \"0s\" is too short", "write 1ms to 30s"},
        Fault{"probe: {deadline: 31s}\n", 1, "probe.deadline: \"31s\" is too long", "write 1ms to 30s"},
        Fault{"probe: {deadline: 30s1ms}\n", 1, "probe.deadline: \"30s1ms\" is too long", "write 1ms to 30s"},
        Fault{"probe: {deadline: soon}\n", 1, "probe.deadline: \"soon\" is not a duration", "write for example"},
        Fault{"probe: {deadline: [2s]}\n", 1, "probe.deadline: must be one value", "not a list"},
        Fault{"probe: {write: 999ms}\n", 1, "probe.write: \"999ms\" is too short", "write 1s to 1d; or off"},
        Fault{"probe: {write: 0s}\n", 1, "probe.write: \"0s\" is too short", "or off"},
        Fault{"probe: {write: 2d}\n", 1, "probe.write: \"2d\" is too long", "or off"},
        Fault{"probe: {write: on}\n", 1, "probe.write: \"on\" is not a duration", "or off"},
        Fault{"probe: {write: false}\n", 1, "probe.write: \"false\" is not a duration", "or off"},
        Fault{"probe: {write: 1500ms}\n", 1, "probe.write: \"1500ms\" has a fraction of a second", "whole seconds"},
        Fault{"probe: {write: {}}\n", 1, "probe.write: must be one value, such as off or 5m, not a map", ""},
        Fault{"kernel_log: {window: 0m}\n", 1, "kernel_log.window: \"0m\" is too short", "write 1s to 7d"},
        Fault{"kernel_log: {window: 8d}\n", 1, "kernel_log.window: \"8d\" is too long", "write 1s to 7d"},
        Fault{"kernel_log: {window: 15}\n", 1, "kernel_log.window: \"15\" has no unit", "write 15s"},
        Fault{"remediation: {cooldown: 300}\n", 1, "remediation.cooldown: \"300\" has no unit", "write 300s"},
        Fault{"remediation: {cooldown: 8d}\n", 1, "remediation.cooldown: \"8d\" is too long", "write 0s to 7d"},
        Fault{"remediation: {attempt_window: 0s}\n", 1, "remediation.attempt_window: \"0s\" is too short",
              "write 1s to 30d"},
        Fault{"remediation: {settle: 61m}\n", 1, "remediation.settle: \"61m\" is too long", "write 0s to 1h"},
        Fault{"mounts: [{path: /a, max_backup_age: 3}]\n", 1, "mounts[0].max_backup_age: \"3\" has no unit", "d"},
        Fault{"mounts: [{path: /a, max_backup_age: 0d}]\n", 1, "mounts[0].max_backup_age: \"0d\" is too short",
              "write 1m to 365d"}));

INSTANTIATE_TEST_SUITE_P(
    Mounts, OneFault,
    ::testing::Values(
        Fault{"mounts: []\n", 1, "mounts: names no mount", "remove the key to guard the mounts that fstab names"},
        Fault{"mounts: /time\n", 1, "mounts: must be a list", "- path: /time"},
        Fault{"mounts:\n  path: /time\n", 2, "mounts: must be a list", "- path: /time"},
        Fault{"mounts:\n  - /time\n", 2, "mounts[0]: must be a map", "- path: /time"},
        Fault{"mounts:\n  - path: /a\n  -\n  # and then\n  - path: /b\n", 3, "mounts[1]: must be a map",
              "- path: /time"},
        Fault{"mounts:\n  - [path, /a]\n", 2, "mounts[0]: must be a map", ""},
        Fault{"mounts:\n  - path: /a\n  - disk: blue\n", 3, "mounts[1].path: is required", "path: /time"},
        Fault{"mounts:\n  - {}\n", 2, "mounts[0].path: is required", "path: /time"},
        Fault{"mounts:\n  - path:\n    disk: blue\n", 2, "mounts[0].path: has no value", ""},
        Fault{"mounts:\n  - path: time\n", 2, "mounts[0].path: \"time\" is not an absolute path", "begins with /"},
        Fault{"mounts:\n  - path: \"\"\n", 2, "mounts[0].path: is empty", "absolute path"},
        Fault{"mounts:\n  - path: [/a]\n", 2, "mounts[0].path: must be one value", "such as /time"},
        Fault{"mounts:\n  - disk: blue\n    path: /\n", 3, "mounts[0].path: \"/\" cannot be guarded",
              "mountpoints of data disks"},
        Fault{"mounts:\n  - path: /srv/../time\n", 2, "mounts[0].path: \"/srv/../time\" contains \"..\"",
              "as fstab names it"},
        Fault{"mounts:\n  - path: /time\n  - path: //time/./\n", 3, "mounts[1].path: /time is already given on line 2",
              "lines 2 and 3"},
        Fault{"mounts:\n  - path: /a\n    min_available: 5\n", 3, "mounts[0].min_available: \"5\" has no unit",
              "5% for a share or 5GiB"},
        Fault{"mounts:\n  - path: /a\n    min_available: 101%\n", 3,
              "mounts[0].min_available: \"101%\" is more than 100%", ""},
        Fault{"mounts:\n  - path: /a\n    min_available: 5 gigs\n", 3,
              "mounts[0].min_available: \"5 gigs\" has the unknown unit", "GiB"},
        Fault{"mounts:\n  - path: /a\n    min_available: {percent: 5}\n", 3,
              "mounts[0].min_available: must be one value, such as 5% or 200GiB, not a map", ""},
        Fault{"mounts:\n  - path: /a\n    time_machine: yes\n", 3, "mounts[0].time_machine: \"yes\" is not accepted",
              "true or false"},
        Fault{"mounts:\n  - path: /a\n    disk: [blue]\n", 3, "mounts[0].disk: must be one value", "not a list"},
        Fault{"mounts:\n  - path: /a\n    disk: |\n      one\n      two\n", 3,
              "mounts[0].disk: \"one\\ntwo\\n\" has control characters", "one line"}));

INSTANTIATE_TEST_SUITE_P(
    Samba, OneFault,
    ::testing::Values(
        Fault{"samba: {unit: smb}\n", 1, "samba.unit: \"smb\" lacks the unit's ending", "write smb.service"},
        Fault{"samba: {unit: smb.socket}\n", 1, "samba.unit: \"smb.socket\" is no service unit", ".service"},
        Fault{"samba: {unit: [smb.service]}\n", 1, "samba.unit: must be one value", "such as smb.service"},
        Fault{"samba: {address: 127.0.0.1}\n", 1, "samba.address: \"127.0.0.1\" has no port", "127.0.0.1:445"},
        Fault{"samba: {address: 445}\n", 1, "samba.address: \"445\" has no port", "127.0.0.1:445"},
        Fault{"samba: {address: \"::1:445\"}\n", 1, "samba.address: \"::1:445\": an IPv6 address needs brackets",
              "[::1]:445"},
        Fault{"samba: {address: \"localhost:0\"}\n", 1,
              "samba.address: \"localhost:0\": the port must be a number from 1 to 65535", ""},
        Fault{"samba: {address: [localhost]}\n", 1, "samba.address: must be one value", "not a list"},
        Fault{"samba: {control: initd}\n", 1, "samba.control: \"initd\" is none of systemd, command",
              "write one of these"},
        Fault{"samba:\n  control: command\n", 2, "samba.commands: is required with control: command",
              "commands: {start: ["},
        Fault{"samba:\n  enabled: true\n  commands: {start: [/a], stop: [/b]}\n", 3,
              "samba.commands: has no effect with control: systemd", "control: command"},
        Fault{"samba:\n  control: command\n  commands: [/a]\n", 3, "samba.commands: must be a section of keys",
              "stop: ["},
        Fault{"samba:\n  control: command\n  commands:\n    start: [/a]\n", 4, "samba.commands.stop: is required",
              "stop: ["},
        Fault{"samba:\n  control: command\n  commands:\n    stop: [/a]\n", 4, "samba.commands.start: is required",
              "start: ["},
        Fault{"samba:\n  control: command\n  commands: {start: /a start, stop: [/a]}\n", 3,
              "samba.commands.start: must be a list of words", "no shell"},
        Fault{"samba:\n  control: command\n  commands: {start: [], stop: [/a]}\n", 3,
              "samba.commands.start: names no program", "[/usr/sbin/rcsmb, stop]"},
        Fault{"samba:\n  control: command\n  commands: {start: [service, smb], stop: [/a]}\n", 3,
              "samba.commands.start: the program \"service\" is not an absolute path", "begins with /"},
        Fault{"samba:\n  control: command\n  commands: {start: [/a, \"\"], stop: [/a]}\n", 3,
              "samba.commands.start: word 2 of the list must be one line of text that is not empty", ""},
        Fault{"samba:\n  control: command\n  commands: {start: [/a], stop: [/a, ~]}\n", 3,
              "samba.commands.stop: word 2 of the list", ""},
        Fault{"samba:\n  control: command\n  commands: {start: [/a], stop: [/a, [b]]}\n", 3,
              "samba.commands.stop: word 2 of the list", ""},
        Fault{"samba:\n  control: command\n  commands: {start: [/a], stop:}\n", 3, "samba.commands.stop: has no value",
              ""}));

INSTANTIATE_TEST_SUITE_P(
    PathsAndWebhook, OneFault,
    ::testing::Values(
        Fault{"fstab: fstab\n", 1, "fstab: \"fstab\" is not an absolute path", "begins with /"},
        Fault{"fstab: \"\"\n", 1, "fstab: is empty", "absolute path"},
        Fault{"remediation: {state_dir: var/lib}\n", 1, "remediation.state_dir: \"var/lib\" is not an absolute path",
              ""},
        Fault{"webhook: {bearer_token_file: token}\n", 1,
              "webhook.bearer_token_file: \"token\" is not an absolute path", ""},
        Fault{"webhook: {bearer_token_file: [/a]}\n", 1, "webhook.bearer_token_file: must be one value", ""},
        Fault{"webhook: {match_labels: team}\n", 1, "webhook.match_labels: must be a section of keys",
              "{team: storage}"},
        Fault{"webhook: {match_labels: [team]}\n", 1, "webhook.match_labels: must be a section of keys",
              "{team: storage}"},
        Fault{"webhook:\n  match_labels:\n    team: a\n    my-team: b\n", 4,
              "webhook.match_labels: \"my-team\" is no label name", "letters, digits and _"},
        Fault{"webhook: {match_labels: {1a: b}}\n", 1, "webhook.match_labels: \"1a\" is no label name",
              "no digit first"},
        Fault{"webhook: {match_labels: {\"\": b}}\n", 1, "webhook.match_labels: \"\" is no label name", ""},
        Fault{"webhook: {match_labels: {team: [a]}}\n", 1, "webhook.match_labels.team: must be one value",
              "such as storage"},
        Fault{"webhook: {match_labels: {team: }}\n", 1, "webhook.match_labels.team: has no value", ""},
        Fault{"webhook: {match_labels: {team: \"\"}}\n", 1, "webhook.match_labels.team: is empty",
              "write a value or remove it"}));

TEST(ConfigErrors, AreAllReportedInOneRunInTheOrderOfTheirLines) {
  const auto errors = errors_of(R"(fstab: etc/fstab
colour: red
mounts:
  - path: /time
    min_available: 5
    path: /space
  - path: /time/
  - time_machine: maybe
samba:
  enabled: yes
  unit: smb
  commands: {start: [a], stop: []}
kernel_log:
  window: 0s
probe: {deadline: 1h, write: sometimes}
remediation:
  mode: maybe
  max_attempts: 0
  state_dir:
webhook:
  match_labels: {a-b: c}
fstab: /etc/fstab
---
second: document
)");
  const std::vector<std::string> beginnings = {
      "config.yml:1: fstab: \"etc/fstab\"",
      "config.yml:2: unknown key \"colour\"",
      "config.yml:5: mounts[0].min_available: \"5\"",
      "config.yml:6: duplicate key \"mounts[0].path\"",
      "config.yml:7: mounts[1].path: /time is already given on line 4",
      "config.yml:8: mounts[2].path: is required",
      "config.yml:8: mounts[2].time_machine: \"maybe\"",
      "config.yml:10: samba.enabled: \"yes\"",
      "config.yml:11: samba.unit: \"smb\"",
      "config.yml:12: samba.commands: has no effect",
      "config.yml:12: samba.commands.start: the program \"a\"",
      "config.yml:12: samba.commands.stop: names no program",
      "config.yml:14: kernel_log.window: \"0s\"",
      "config.yml:15: probe.deadline: \"1h\"",
      "config.yml:15: probe.write: \"sometimes\"",
      "config.yml:17: remediation.mode: \"maybe\"",
      "config.yml:18: remediation.max_attempts: \"0\"",
      "config.yml:19: remediation.state_dir: has no value",
      "config.yml:21: webhook.match_labels: \"a-b\"",
      "config.yml:22: duplicate key \"fstab\"",
      "config.yml:23: a second YAML document",
  };
  std::vector<::testing::Matcher<std::string>> expected;
  for (const auto& beginning : beginnings) expected.push_back(StartsWith(beginning));
  EXPECT_THAT(texts(errors), ::testing::ElementsAreArray(expected));
}

TEST(ConfigErrors, DoNotAskForCommandsWhereControlItselfIsWrong) {
  EXPECT_EQ(errors_of("samba:\n  control: sysv\n  commands: {start: [/a], stop: [/a]}\n").size(), 1U);
  EXPECT_EQ(errors_of("samba: {control: }\n").size(), 1U);
}

TEST(ConfigErrors, NameTheFileAndTheLine) {
  EXPECT_EQ((ConfigError{"/etc/motoko/config.yml", 12, "is wrong"}).to_string(), "/etc/motoko/config.yml:12: is wrong");
  EXPECT_EQ((ConfigError{"/etc/motoko/config.yml", 0, "is wrong"}).to_string(), "/etc/motoko/config.yml: is wrong");
}

TEST(ConfigErrors, OfOneLineKeepTheirOrder) {
  const ConfigErrors errors = {{"f", 2, "b"}, {"f", 1, "z"}, {"f", 2, "a"}, {"f", 0, "y"}};
  EXPECT_EQ(in_line_order(errors), (ConfigErrors{{"f", 0, "y"}, {"f", 1, "z"}, {"f", 2, "b"}, {"f", 2, "a"}}));
}

TEST(ConfigErrors, AreCountedRatherThanListedWhereThereAreTooMany) {
  std::string yaml;
  for (int i = 0; i < 60'000; ++i) yaml += "k" + std::to_string(i) + ": 1\n";
  const auto errors = errors_of(yaml);
  ASSERT_EQ(errors.size(), 501U);
  EXPECT_THAT(errors[499].message, StartsWith("unknown key \"k499\""));
  EXPECT_THAT(errors[500].to_string(), StartsWith("config.yml:501: 59500 more errors"));
}

TEST(ReadConfigText, HandsBackWhatCouldBeReadBesideTheErrors) {
  const auto reading =
      read_config_text("mounts:\n  - path: /a\n    disk: [x]\n  - path: b\n  - path: /c\nnope: 1\n", "f");
  EXPECT_EQ(reading.errors.size(), 3U);
  ASSERT_TRUE(reading.config.mounts);
  EXPECT_EQ(*reading.config.mounts, (std::vector<MountConfig>{{.path = "/a", .line = 2}, {.path = "/c", .line = 5}}));
  EXPECT_EQ(reading.config.fstab, "/etc/fstab");
  EXPECT_EQ(reading.config.file, "f");
}

TEST(ReadConfigText, LeavesAFaultyFstabEmptySoThatNobodyComparesMountsWithTheWrongOne) {
  for (const auto* yaml : {"fstab: relative\n", "fstab:\n", "fstab: [/etc/fstab]\n", "fstab: &a [1]\n"})
    EXPECT_EQ(read_config_text(yaml, "f").config.fstab, "") << yaml;
}

}  // namespace
}  // namespace motoko::config
