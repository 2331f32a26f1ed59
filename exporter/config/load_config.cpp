// YAML to Config: reads the file, walks its sections, and hands back the value or every error at once.
#include "exporter/config/load_config.h"

#include <fmt/format.h>

#include "exporter/base/file.h"
#include "exporter/config/choices.h"
#include "exporter/config/paths.h"
#include "exporter/config/scalars.h"
#include "exporter/config/sections.h"

namespace motoko::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Upper bounds are where a value stops to make sense and is more likely a slip of the unit.
constexpr DurationBounds kKernelLogWindow{.min = 1s, .max = 24h * 7};
constexpr DurationBounds kProbeDeadline{.min = 1ms, .max = 30s, .step = 1ms};
constexpr DurationBounds kProbeWrite{.min = 1s, .max = 24h};
constexpr DurationBounds kCooldown{.min = 0s, .max = 24h * 7};
constexpr DurationBounds kAttemptWindow{.min = 1s, .max = 24h * 30};
constexpr DurationBounds kSettle{.min = 0s, .max = 1h};

/// A parser of whole seconds within `bounds`.
auto seconds_within(const DurationBounds& bounds) {
  return [bounds](const YamlNode& node) {
    return scalar_duration(node, bounds).map([](milliseconds value) { return duration_cast<seconds>(value); });
  };
}

template <typename Choices>
auto one_of(const Choices& choices) {
  return [&choices](const YamlNode& node) { return scalar_choice(node, choices); };
}

Parsed<std::string> absolute_path(const YamlNode& node) {
  return scalar_text(node, "/etc/fstab").and_then([](const std::string& text) { return parse_absolute_path(text); });
}

Parsed<std::optional<seconds>> write_interval(const YamlNode& node) {
  using Interval = std::optional<seconds>;
  const auto text = scalar_text(node, "off or 5m");
  if (!text) return refusal(text.error());
  if (*text == "off") return Interval();
  return scalar_duration(node, kProbeWrite)
      .map([](milliseconds value) { return Interval(duration_cast<seconds>(value)); })
      .map_error([](const std::string& problem) { return problem + "; or off"; });
}

void read_kernel_log(MapReader& root, Config& config) {
  auto kernel_log = root.section("kernel_log", "kernel_log: {window: 15m}");
  if (!kernel_log) return;
  kernel_log->read("window", config.kernel_log_window, seconds_within(kKernelLogWindow));
  kernel_log->report_unknown_keys();
}

void read_probe(MapReader& root, ProbeConfig& config) {
  auto probe = root.section("probe", "probe: {deadline: 2s, write: off}");
  if (!probe) return;
  probe->read("deadline", config.deadline, [](const YamlNode& node) { return scalar_duration(node, kProbeDeadline); });
  probe->read("write", config.write_interval, write_interval);
  probe->report_unknown_keys();
}

void read_remediation(MapReader& root, RemediationConfig& config) {
  auto remediation = root.section("remediation", "remediation: {mode: on}");
  if (!remediation) return;
  remediation->read("mode", config.mode, one_of(kRemediationModes));
  remediation->read("executor", config.executor, one_of(kExecutors));
  remediation->read("fsck", config.fsck, one_of(kFsckPolicies));
  remediation->read("kill_holders", config.kill_holders, scalar_bool);
  remediation->read("cooldown", config.cooldown, seconds_within(kCooldown));
  remediation->read("max_attempts", config.max_attempts, scalar_count);
  remediation->read("attempt_window", config.attempt_window, seconds_within(kAttemptWindow));
  remediation->read("settle", config.settle, seconds_within(kSettle));
  remediation->read("state_dir", config.state_dir, absolute_path);
  remediation->report_unknown_keys();
}

void read_root(const YamlNode& map, Config& config, ErrorList& errors) {
  MapReader root(map, "", errors);
  if (!root.read("fstab", config.fstab, absolute_path)) config.fstab.clear();
  config.mounts = read_mounts(root, errors);
  config.samba = read_samba(root);
  read_kernel_log(root, config);
  read_probe(root, config.probe);
  read_remediation(root, config.remediation);
  config.webhook = read_webhook(root);
  root.report_unknown_keys();
}

tl::expected<Config, ConfigErrors> as_expected(ConfigReading reading) {
  if (!reading.errors.empty()) return tl::unexpected(std::move(reading.errors));
  return std::move(reading.config);
}

}  // namespace

ConfigReading read_config_text(std::string_view yaml, const std::string& file) {
  ConfigReading reading;
  reading.config.file = file;
  ErrorList errors(file);
  const auto root = read_yaml(yaml, errors);
  if (root && root->kind == YamlNode::Kind::map)
    read_root(*root, reading.config, errors);
  else if (root && root->kind != YamlNode::Kind::null && root->kind != YamlNode::Kind::refused)
    errors.add(root->line, "the file must be a map of sections; write for example samba: {enabled: true}");
  reading.errors = errors.in_order();
  return reading;
}

ConfigReading read_config(const std::string& file) {
  const auto text = base::read_file(file, kMaxConfigBytes);
  if (text) return read_config_text(*text, file);
  ConfigReading reading;
  reading.config.file = file;
  if (text.error().is(std::errc::file_too_large)) {
    reading.errors.push_back({file, 0, std::string(kTooLarge)});
    return reading;
  }
  reading.errors.push_back({file, 0,
                            fmt::format("cannot be read ({}); create it, give this user the right to read it, "
                                        "or name another file with --config.file",
                                        text.error().message())});
  return reading;
}

tl::expected<Config, ConfigErrors> load_config(const std::string& file) {
  return as_expected(read_config(file));
}

tl::expected<Config, ConfigErrors> parse_config(std::string_view yaml, const std::string& file) {
  return as_expected(read_config_text(yaml, file));
}

}  // namespace motoko::config
