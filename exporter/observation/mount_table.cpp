#include "exporter/observation/mount_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace motoko::observation {
namespace {

/// True where `prefix` is `path` or a directory above it.
bool is_at_or_above(std::string_view prefix, std::string_view path) {
  if (prefix == "/") return true;
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

/// The mount a lookup of `path` enters next from `current`: the shortest target first, because the kernel crosses
/// mountpoints in the order of the path's components.
const MountLayer* next_mount(const MountTable& table, const MountLayer& current, std::string_view path) {
  const MountLayer* next = nullptr;
  for (const auto& row : table) {
    if (row.parent_id != current.id || row.id == current.id || !is_at_or_above(row.target, path)) continue;
    if (!next || row.target.size() < next->target.size()) next = &row;
  }
  return next;
}

const MountLayer* root_mount(const MountTable& table) {
  for (const auto& row : table) {
    if (row.target != "/") continue;
    const bool parent_listed = std::any_of(
        table.begin(), table.end(), [&](const auto& other) { return other.id == row.parent_id && &other != &row; });
    if (!parent_listed) return &row;
  }
  return nullptr;
}

}  // namespace

std::string to_string(DeviceNumber number) {
  return fmt::format("{}:{}", number.major, number.minor);
}

MountStack stack_at(const MountTable& table, std::string_view path) {
  MountStack stack;
  const MountLayer* current = root_mount(table);
  if (!current) {
    std::copy_if(table.begin(), table.end(), std::back_inserter(stack),
                 [&](const auto& row) { return row.target == path && row.fs_type != "autofs"; });
    return stack;
  }
  // Each step goes to another row, so a table that is a tree ends the walk; the bound is for one that is not.
  for (std::size_t steps = 0; current && steps <= table.size(); ++steps) {
    if (current->target == path && current->fs_type != "autofs") stack.push_back(*current);
    current = next_mount(table, *current, path);
  }
  return stack;
}

}  // namespace motoko::observation
