// The section `webhook`: who may trigger a fix, and by which alerts.
#include <fmt/format.h>

#include <algorithm>

#include "exporter/config/paths.h"
#include "exporter/config/scalars.h"
#include "exporter/config/sections.h"

namespace motoko::config {
namespace {

/// [a-zA-Z_][a-zA-Z0-9_]* (Prometheus, "Metric names and labels").
bool is_label_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || digit(c); });
}

/// The path, or "" for none, which is the default and what to_yaml prints for it.
Parsed<std::string> token_file(const YamlNode& node) {
  const auto text = scalar_text(node, "/etc/motoko/webhook.token");
  if (!text || text->empty()) return text;
  return parse_absolute_path(*text);
}

Parsed<std::string> label_value(const YamlNode& node) {
  auto text = scalar_text(node, "storage");
  if (text && text->empty()) return refusal("is empty, which no label of an alert is; write a value or remove it");
  return text;
}

void read_match_labels(MapReader& webhook, std::map<std::string, std::string>& match_labels) {
  auto labels = webhook.section("match_labels", "match_labels: {team: storage}");
  if (!labels) return;
  for (const auto& node : labels->map().children) {
    if (!is_label_name(node.key)) {
      webhook.report_at(node.key_line, "match_labels",
                        in_quotes(node.key) + " is no label name; write letters, digits and _, no digit first");
      continue;
    }
    std::string value;
    if (labels->read_value(node, value, label_value)) match_labels.emplace(node.key, value);
  }
}

}  // namespace

WebhookConfig read_webhook(MapReader& root) {
  WebhookConfig config;
  auto webhook = root.section("webhook", "webhook: {bearer_token_file: /etc/motoko/webhook.token}");
  if (!webhook) return config;
  webhook->read("bearer_token_file", config.bearer_token_file, token_file);
  read_match_labels(*webhook, config.match_labels);
  webhook->report_unknown_keys();
  return config;
}

}  // namespace motoko::config
