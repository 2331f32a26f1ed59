// Rules about what is mounted, from which device.
#include <fmt/format.h>

#include "exporter/health/rules.h"

namespace motoko::health {
namespace {

using observation::DeviceTag;

constexpr std::nullopt_t kFine = std::nullopt;

Judgement finding_if(const base::Result<bool>& fact, FindingCode code, const std::string& detail) {
  if (!fact) return tl::unexpected(fact.error());
  if (!*fact) return kFine;
  return Finding{code, detail};
}

std::string top_source(const JudgedMount& mount) {
  const auto& layers = mount.seen.layers;
  return layers && !layers->empty() ? layers->back().layer.source : "nothing";
}

/// "; plug in: WDC ..." where the configuration tells which disk it is.
std::string which_disk(const JudgedMount& mount) {
  return mount.seen.guard.disk.empty() ? "" : "; the disk is: " + mount.seen.guard.disk;
}

std::string paths_of(const std::vector<observation::BlockDevice>& devices) {
  std::string paths;
  for (const auto& device : devices) paths += (paths.empty() ? "" : ", ") + device.path;
  return paths;
}

}  // namespace

Judgement check_not_mounted(const JudgedMount& mount) {
  if (!mount.state.present) return tl::unexpected(mount.state.present.error());
  if (*mount.state.present) return kFine;
  const auto& candidates = mount.seen.candidates;
  const std::string device =
      candidates && candidates->size() == 1 ? fmt::format("; its device is there: {}", candidates->front().path) : "";
  return Finding{FindingCode::not_mounted, fmt::format("nothing is mounted on {}{}", mount.seen.guard.path, device)};
}

Judgement check_device_missing(const JudgedMount& mount) {
  if (mount.seen.guard.device.tag == DeviceTag::other) return kFine;
  if (!mount.seen.candidates) return tl::unexpected(mount.seen.candidates.error());
  if (!mount.seen.candidates->empty()) return kFine;
  return Finding{FindingCode::device_missing,
                 fmt::format("no block device is {}{}", to_string(mount.seen.guard.device), which_disk(mount))};
}

Judgement check_device_ambiguous(const JudgedMount& mount) {
  if (mount.seen.guard.device.tag == DeviceTag::other) return kFine;
  if (!mount.seen.candidates) return tl::unexpected(mount.seen.candidates.error());
  if (mount.seen.candidates->size() < 2) return kFine;
  return Finding{
      FindingCode::device_ambiguous,
      fmt::format("{} devices are {}: {}; mounting both destroys data, so remove one or give it another UUID",
                  mount.seen.candidates->size(), to_string(mount.seen.guard.device), paths_of(*mount.seen.candidates))};
}

Judgement check_wrong_device(const JudgedMount& mount) {
  return finding_if(mount.state.reasons.wrong_device, FindingCode::wrong_device,
                    fmt::format("{} is mounted on {}, but fstab names {}", top_source(mount), mount.seen.guard.path,
                                to_string(mount.seen.guard.device)));
}

Judgement check_device_gone(const JudgedMount& mount) {
  const auto& candidates = mount.seen.candidates;
  const std::string back =
      candidates && candidates->size() == 1 ? fmt::format("; the disk is back as {}", candidates->front().path) : "";
  return finding_if(mount.state.reasons.device_gone, FindingCode::device_gone,
                    fmt::format("{} is still mounted on {}, but the device is gone{}", top_source(mount),
                                mount.seen.guard.path, back));
}

Judgement check_stacked(const JudgedMount& mount) {
  if (!mount.state.duplicates) return tl::unexpected(mount.state.duplicates.error());
  if (*mount.state.duplicates == 0) return kFine;
  std::string sources;
  for (const auto& layer : *mount.seen.layers) sources += (sources.empty() ? "" : ", ") + layer.layer.source;
  return Finding{FindingCode::stacked, fmt::format("{} mounts lie on top of each other on {}, bottom to top: {}",
                                                   *mount.state.duplicates + 1, mount.seen.guard.path, sources)};
}

Judgement check_stale_layer(const JudgedMount& mount) {
  if (!mount.state.stale_layers_below) return tl::unexpected(mount.state.stale_layers_below.error());
  if (*mount.state.stale_layers_below == 0) return kFine;
  return Finding{FindingCode::stale_layer,
                 fmt::format("{} dead mount{} under the top one on {}", *mount.state.stale_layers_below,
                             *mount.state.stale_layers_below == 1 ? " lies" : "s lie", mount.seen.guard.path)};
}

Judgement check_detached_superblock(const JudgedMount& mount) {
  if (!mount.seen.detached) {
    // Some superblock of the host that nothing names. While this mount serves, that is no doubt about it.
    const bool serves = mount.state.present && *mount.state.present && mount.state.stale && !*mount.state.stale;
    if (serves && mount.seen.detached.error().is(std::errc::no_message_available)) return kFine;
    return tl::unexpected(mount.seen.detached.error());
  }
  if (mount.seen.detached->empty()) return kFine;
  std::string names;
  for (const auto& name : *mount.seen.detached) names += (names.empty() ? "" : ", ") + name;
  return Finding{
      FindingCode::detached_superblock,
      fmt::format("the file system of {} lives on unmounted as {}: a process or another mount namespace holds it, "
                  "and mounting that device again would give the same file system",
                  mount.seen.guard.path, names)};
}

Judgement check_shadowed_entries(const JudgedMount& mount) {
  const auto& entries = mount.seen.shadowed_entries;
  if (!entries) return kFine;
  if (!*entries) {
    if (entries->error().is(std::errc::no_such_file_or_directory)) return kFine;  // no directory, so nothing in it
    return tl::unexpected(entries->error());
  }
  if (**entries == 0) return kFine;
  return Finding{
      FindingCode::shadowed_entries,
      fmt::format("{} entries lie on the bare directory {}, on the disk above: they were written while nothing was "
                  "mounted, and mounting will hide them",
                  **entries, mount.seen.guard.path)};
}

}  // namespace motoko::health
