// The section `mounts`: which mountpoints are guarded, and what is expected of each.
#include <fmt/format.h>

#include <map>

#include "exporter/config/paths.h"
#include "exporter/config/scalars.h"
#include "exporter/config/sections.h"
#include "exporter/config/sizes.h"

namespace motoko::config {
namespace {

using std::chrono::seconds;

constexpr DurationBounds kMaxBackupAgeBounds{.min = std::chrono::minutes(1), .max = std::chrono::hours(24 * 365)};

/// None: there is no valid path to guard.
std::optional<MountConfig> read_mount(MapReader entry) {
  MountConfig mount;
  const YamlNode* path = entry.find("path");
  if (!entry.has("path")) entry.report_missing("path", "is required; write for example path: /time");
  if (path != nullptr) {
    mount.line = path->line;
    const auto text = scalar_text(*path, "/time");
    const auto parsed = text ? parse_mount_path(*text) : text;
    if (parsed)
      mount.path = *parsed;
    else
      entry.report(*path, parsed.error());
  }
  entry.read("min_available", mount.min_available, [](const YamlNode& node) -> Parsed<base::SpaceThreshold> {
    const auto text = scalar_text(node, "5% or 200GiB");
    if (!text) return refusal(text.error());
    return parse_space(*text);
  });
  entry.read("time_machine", mount.time_machine, scalar_bool);
  entry.read("disk", mount.disk, [](const YamlNode& node) { return scalar_line(node, "\"WDC, serial 123\""); });
  entry.read("max_backup_age", mount.max_backup_age, [](const YamlNode& node) {
    return scalar_duration(node, kMaxBackupAgeBounds).map([](auto age) { return duration_cast<seconds>(age); });
  });
  entry.report_unknown_keys();
  return mount.path.empty() ? std::nullopt : std::optional(mount);
}

}  // namespace

std::optional<std::vector<MountConfig>> read_mounts(MapReader& root, ErrorList& errors) {
  const YamlNode* list = root.find("mounts");
  if (list == nullptr) return std::nullopt;
  if (list->kind != YamlNode::Kind::sequence) {
    root.report(*list, "must be a list; begin each entry with \"- path: /time\"");
    return std::nullopt;
  }
  if (list->children.empty()) {
    root.report(*list, "names no mount; remove the key to guard the mounts that fstab names");
    return std::nullopt;
  }
  std::vector<MountConfig> mounts;
  std::map<std::string, int> lines;
  for (std::size_t i = 0; i < list->children.size(); ++i) {
    const YamlNode& item = list->children[i];
    const auto place = fmt::format("mounts[{}]", i);
    if (item.kind == YamlNode::Kind::refused) continue;
    if (item.kind != YamlNode::Kind::map) {
      errors.add(item.line, place + ": must be a map; write for example - path: /time");
      continue;
    }
    auto mount = read_mount(MapReader(item, place, errors));
    if (!mount) continue;
    const auto [first, is_new] = lines.try_emplace(mount->path, mount->line);
    if (!is_new) {
      errors.add(mount->line, fmt::format("{}.path: {} is already given on line {}; keep one of lines {} and {}", place,
                                          mount->path, first->second, first->second, mount->line));
      continue;
    }
    mounts.push_back(*std::move(mount));
  }
  return mounts;
}

}  // namespace motoko::config
