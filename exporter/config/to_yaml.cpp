// Config to YAML, in the order of the documentation and with the units people use.
#include <fmt/format.h>

#include "exporter/base/text.h"
#include "exporter/config/choices.h"
#include "exporter/config/durations.h"
#include "exporter/config/load_config.h"
#include "exporter/config/sizes.h"

namespace motoko::config {
namespace {

/// As it is where every YAML reader takes it for text, else in double quotes; JSON's strings are YAML's
/// (YAML 1.2.2, 1.3). For paths, units and addresses, which no reader can take for a number or a boolean once they
/// passed the parser.
std::string text_value(std::string_view text) {
  constexpr std::string_view kSafe = "/abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@";
  constexpr std::string_view kSafeFirst = kSafe.substr(0, kSafe.find('.'));
  const bool plain = !text.empty() && kSafeFirst.find(text.front()) != std::string_view::npos && text.back() != ':' &&
                     text.find_first_not_of(kSafe) == std::string_view::npos;
  return plain ? std::string(text) : base::json_string(text);
}

std::string list_value(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + base::json_string(word);
  return "[" + list + "]";
}

std::string labels_value(const std::map<std::string, std::string>& labels) {
  std::string list;
  for (const auto& [name, value] : labels)
    list += fmt::format("{}{}: {}", list.empty() ? "" : ", ", base::json_string(name), base::json_string(value));
  return "{" + list + "}";
}

class YamlWriter {
 public:
  void line(std::string_view text) { yaml_.append(text).append("\n"); }
  void section(std::string_view name) { line(fmt::format("{}:", name)); }
  void key(std::string_view name, std::string_view value) { line(fmt::format("  {}: {}", name, value)); }
  [[nodiscard]] std::string text() && { return std::move(yaml_); }

 private:
  std::string yaml_;
};

void write_mounts(YamlWriter& yaml, const std::optional<std::vector<MountConfig>>& mounts) {
  if (!mounts) {
    yaml.line("# mounts: not given, so every entry of fstab named by UUID=, LABEL=, PARTUUID= or PARTLABEL=");
    yaml.line("#   except /, /boot, /boot/efi, /efi and swap");
    return;
  }
  yaml.section("mounts");
  for (const auto& mount : *mounts) {
    yaml.line("  - path: " + text_value(mount.path));
    yaml.key("  min_available", space_text(mount.min_available));
    yaml.key("  time_machine", mount.time_machine ? "true" : "false");
    yaml.key("  disk", base::json_string(mount.disk));
    yaml.key("  max_backup_age", duration_text(mount.max_backup_age));
  }
}

void write_samba(YamlWriter& yaml, const SambaConfig& samba) {
  yaml.section("samba");
  yaml.key("enabled", samba.enabled ? "true" : "false");
  yaml.key("unit", text_value(samba.unit));
  yaml.key("address", text_value(samba.address));
  yaml.key("control", word_for(kSambaControls, samba.control));
  switch (samba.control) {
    case SambaControl::systemd:
      yaml.line("  # commands: only with control: command");
      break;
    case SambaControl::command:
      yaml.section("  commands");
      yaml.key("  start", list_value(samba.start_command));
      yaml.key("  stop", list_value(samba.stop_command));
      break;
  }
}

void write_remediation(YamlWriter& yaml, const RemediationConfig& remediation) {
  yaml.section("remediation");
  yaml.key("mode", word_for(kRemediationModes, remediation.mode));
  yaml.key("executor", word_for(kExecutors, remediation.executor));
  yaml.key("fsck", word_for(kFsckPolicies, remediation.fsck));
  yaml.key("kill_holders", remediation.kill_holders ? "true" : "false");
  yaml.key("cooldown", duration_text(remediation.cooldown));
  yaml.key("max_attempts", fmt::format("{}", remediation.max_attempts));
  yaml.key("attempt_window", duration_text(remediation.attempt_window));
  yaml.key("settle", duration_text(remediation.settle));
  yaml.key("state_dir", text_value(remediation.state_dir));
}

}  // namespace

std::string to_yaml(const Config& config) {
  YamlWriter yaml;
  yaml.line("fstab: " + text_value(config.fstab));
  write_mounts(yaml, config.mounts);
  write_samba(yaml, config.samba);
  yaml.section("kernel_log");
  yaml.key("window", duration_text(config.kernel_log_window));
  yaml.section("probe");
  yaml.key("deadline", duration_text(config.probe.deadline));
  yaml.key("write", config.probe.write_interval ? duration_text(*config.probe.write_interval) : "off");
  write_remediation(yaml, config.remediation);
  yaml.section("webhook");
  yaml.key("bearer_token_file", text_value(config.webhook.bearer_token_file));
  yaml.key("match_labels", labels_value(config.webhook.match_labels));
  return std::move(yaml).text();
}

}  // namespace motoko::config
