#include "exporter/config/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "exporter/config/nearest.h"

namespace motoko::config {
namespace {

const YamlNode* child_of(const YamlNode& map, std::string_view key) {
  const auto child =
      std::find_if(map.children.begin(), map.children.end(), [&](const YamlNode& node) { return node.key == key; });
  return child == map.children.end() ? nullptr : &*child;
}

}  // namespace

MapReader::MapReader(const YamlNode& map, std::string place, ErrorList& errors)
    : map_(map), place_(std::move(place)), errors_(errors) {}

const YamlNode* MapReader::find(std::string_view key) {
  known_.push_back(key);
  const YamlNode* node = child_of(map_, key);
  return node != nullptr && check_usable(*node) ? node : nullptr;
}

bool MapReader::check_usable(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      report(node, "has no value; write one, or remove the key and its default applies");
      return false;
    case YamlNode::Kind::refused:
      return false;
    case YamlNode::Kind::scalar:
    case YamlNode::Kind::sequence:
    case YamlNode::Kind::map:
      return true;
  }
  return false;
}

bool MapReader::has(std::string_view key) const {
  return child_of(map_, key) != nullptr;
}

std::optional<MapReader> MapReader::section(std::string_view key, std::string_view example) {
  const YamlNode* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::Kind::map) {
    report(*node, fmt::format("must be a section of keys; write for example {}", example));
    return std::nullopt;
  }
  return MapReader(*node, place_of(key), errors_);
}

void MapReader::report_unknown_keys() {
  for (const auto& node : map_.children) {
    if (std::find(known_.begin(), known_.end(), node.key) != known_.end()) continue;
    const auto meant = nearest(node.key, known_);
    errors_.add(node.key_line,
                fmt::format("unknown key {}{}; known here: {}", in_quotes(place_of(node.key)),
                            meant ? fmt::format("; did you mean {}?", *meant) : "", fmt::join(known_, ", ")));
  }
}

void MapReader::report(const YamlNode& node, std::string_view problem) {
  report_at(node.line, node.key, problem);
}

void MapReader::report_missing(std::string_view key, std::string_view problem) {
  report_at(map_.line, key, problem);
}

void MapReader::report_at(int line, std::string_view key, std::string_view problem) {
  errors_.add(line, fmt::format("{}: {}", place_of(key), problem));
}

std::string MapReader::place_of(std::string_view key) const {
  return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
}

}  // namespace motoko::config
