// The section `samba`: which service serves the shares and how it is stopped and started.
#include <fmt/format.h>

#include "exporter/config/choices.h"
#include "exporter/config/paths.h"
#include "exporter/config/samba_values.h"
#include "exporter/config/sections.h"

namespace motoko::config {
namespace {

constexpr std::string_view kCommandExample = "[/usr/sbin/rcsmb, stop]";

/// A program and its arguments. There is no shell: what it should see as one word is one item.
Parsed<std::vector<std::string>> command_line(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::sequence)
    return refusal(
        fmt::format("must be a list of words, because no shell reads it; write for example {}", kCommandExample));
  if (node.children.empty()) return refusal(fmt::format("names no program; write for example {}", kCommandExample));
  std::vector<std::string> words;
  for (const auto& child : node.children) {
    if (child.kind != YamlNode::Kind::scalar || child.text.empty() || has_control_characters(child.text))
      return refusal(fmt::format("word {} of the list must be one line of text that is not empty; write for example {}",
                                 words.size() + 1, kCommandExample));
    words.push_back(child.text);
  }
  const auto program = parse_absolute_path(words.front());
  if (!program) return refusal("the program " + program.error());
  return words;
}

void read_commands(MapReader& samba, SambaConfig& config) {
  constexpr std::string_view kExample = "commands: {start: [/usr/sbin/rcsmb, start], stop: [/usr/sbin/rcsmb, stop]}";
  const bool wanted = config.control == SambaControl::command;
  if (wanted && !samba.has("commands"))
    samba.report_missing("commands", fmt::format("is required with control: command; write for example {}", kExample));
  auto commands = samba.section("commands", kExample);
  if (!commands) return;
  if (!wanted)
    samba.report(commands->map(), "has no effect with control: systemd; remove it, or write control: command");
  for (const auto key : {"start", "stop"}) {
    if (!commands->has(key))
      commands->report_missing(key, fmt::format("is required; write for example {}: {}", key, kCommandExample));
  }
  commands->read("start", config.start_command, command_line);
  commands->read("stop", config.stop_command, command_line);
  commands->report_unknown_keys();
}

}  // namespace

SambaConfig read_samba(MapReader& root) {
  SambaConfig config;
  auto samba = root.section("samba", "samba: {enabled: true}");
  if (!samba) return config;
  samba->read("enabled", config.enabled, scalar_bool);
  samba->read("unit", config.unit, [](const YamlNode& node) {
    return scalar_text(node, "smb.service").and_then([](const std::string& text) { return parse_service_unit(text); });
  });
  samba->read("address", config.address, [](const YamlNode& node) {
    return scalar_text(node, "127.0.0.1:445").and_then([](const std::string& text) { return parse_host_port(text); });
  });
  const bool control_is_known =
      samba->read("control", config.control, [](const YamlNode& node) { return scalar_choice(node, kSambaControls); });
  // Where `control` itself is faulty, nobody can say whether commands belong there.
  if (control_is_known)
    read_commands(*samba, config);
  else
    (void)samba->find("commands");
  samba->report_unknown_keys();
  return config;
}

}  // namespace motoko::config
