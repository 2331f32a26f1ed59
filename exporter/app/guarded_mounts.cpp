#include "exporter/app/guarded_mounts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "exporter/base/logging.h"

namespace motoko::app {
namespace {

using config::ConfigErrors;
using observation::DeviceTag;
using observation::GuardedMount;
using sources::Fstab;
using sources::FstabEntry;

constexpr std::array<std::string_view, 4> kSystemTargets = {"/", "/boot", "/boot/efi", "/efi"};

bool is_guarded_by_default(const FstabEntry& entry) {
  if (entry.device.tag == DeviceTag::path || entry.device.tag == DeviceTag::other) return false;
  if (entry.fs_type == "swap" || !entry.target.starts_with('/')) return false;
  return std::find(kSystemTargets.begin(), kSystemTargets.end(), entry.target) == kSystemTargets.end();
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const auto end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == wanted) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

GuardedMount join(const FstabEntry& entry, const config::MountConfig& mount) {
  return {.path = entry.target,
          .device = entry.device,
          .fs_type = entry.fs_type,
          .read_only_asked = has_option(entry.options, "ro"),
          .min_available = mount.min_available,
          .time_machine = mount.time_machine,
          .max_backup_age = mount.max_backup_age,
          .disk = mount.disk};
}

const FstabEntry* find_target(const Fstab& fstab, const std::string& path) {
  const auto found =
      std::find_if(fstab.entries.begin(), fstab.entries.end(), [&](const auto& entry) { return entry.target == path; });
  return found == fstab.entries.end() ? nullptr : &*found;
}

}  // namespace

tl::expected<std::vector<GuardedMount>, ConfigErrors> guarded_mounts(const config::Config& config, const Fstab& fstab) {
  std::vector<GuardedMount> guards;
  if (!config.mounts) {
    for (const auto& entry : fstab.entries) {
      const bool first =
          std::none_of(guards.begin(), guards.end(), [&](const auto& guard) { return guard.path == entry.target; });
      if (is_guarded_by_default(entry) && first) guards.push_back(join(entry, {}));
    }
    return guards;
  }
  ConfigErrors errors;
  for (const auto& mount : *config.mounts) {
    if (const FstabEntry* const entry = find_target(fstab, mount.path))
      guards.push_back(join(*entry, mount));
    else
      errors.push_back({config.file, mount.line,
                        "mounts: " + mount.path + " is not in " + config.fstab + "; add it there (UUID=... " +
                            mount.path + " ext4 defaults 0 2), or remove it here"});
  }
  if (!errors.empty()) return tl::unexpected(errors);
  return guards;
}

tl::expected<std::vector<GuardedMount>, ConfigErrors> read_guarded_mounts(const config::Config& config) {
  const auto fstab = sources::read_fstab(config.fstab);
  if (!fstab)
    return tl::unexpected(ConfigErrors{
        {config.file.empty() ? config.fstab : config.file, 0,
         fstab.error().message() + "; the guarded mounts are mounted as fstab says, so make it readable for this user "
                                   "or name another file under `fstab:`"}});
  for (const int line : fstab->bad_lines)
    base::log_warn("a line of fstab cannot be read and is left out",
                   {{"file", config.fstab}, {"line", std::to_string(line)}});
  return guarded_mounts(config, *fstab);
}

}  // namespace motoko::app
