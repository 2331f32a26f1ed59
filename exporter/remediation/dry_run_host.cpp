#include "exporter/remediation/dry_run_host.h"

#include <algorithm>
#include <utility>

namespace motoko::remediation {
namespace {

using observation::BlockDevice;
using observation::LayerObservation;
using observation::MountObservation;

const observation::ProbeOutcome kSuccess{.error = {}, .duration = {}};

/// What a sound mount shows to every rule.
void make_sound(MountObservation& mount) {
  const auto usage = mount.probes && mount.probes->usage ? *mount.probes->usage : observation::FilesystemUsage{};
  mount.probes = observation::MountProbes{.statfs = kSuccess, .read = kSuccess, .write = kSuccess, .usage = usage};
  mount.ext4 = observation::Ext4Counters{};
  mount.detached = std::vector<std::string>();
  mount.shadowed_entries.reset();
}

}  // namespace

DryRunHost::DryRunHost(observation::Observation seen, AskDevice errors_recorded)
    : imagined_(std::move(seen)), errors_recorded_(std::move(errors_recorded)) {
  for (auto& mount : imagined_.mounts) {
    if (mount.layers)
      for (const auto& layer : *mount.layers) next_mount_id_ = std::max(next_mount_id_, layer.layer.id + 1);
    // What was seen without a write is taken to be writable: a fix would try it.
    if (mount.probes && !mount.probes->write) mount.probes->write = kSuccess;
  }
}

MountObservation* DryRunHost::find(const std::string& path) {
  const auto found = std::find_if(imagined_.mounts.begin(), imagined_.mounts.end(),
                                  [&](const auto& mount) { return mount.guard.path == path; });
  return found == imagined_.mounts.end() ? nullptr : &*found;
}

observation::Observation DryRunHost::look() {
  return imagined_;
}

Result<observation::MountStack> DryRunHost::layers(const std::string& path) {
  observation::MountStack stack;
  const auto* const mount = find(path);
  if (!mount) return stack;
  if (!mount->layers) return tl::unexpected(mount->layers.error());
  for (const auto& layer : *mount->layers) stack.push_back(layer.layer);
  return stack;
}

Result<std::vector<BlockDevice>> DryRunHost::devices_of(const observation::GuardedMount& guard) {
  const auto* const mount = find(guard.path);
  if (!mount) return std::vector<BlockDevice>();
  return mount->candidates;
}

Result<bool> DryRunHost::device_in_use(const BlockDevice& device) {
  for (const auto& mount : imagined_.mounts)
    if (mount.layers)
      for (const auto& layer : *mount.layers)
        if (layer.layer.device == device.number) return true;
  return false;
}

Result<observation::SuperblockFlags> DryRunHost::superblock_flags(const BlockDevice& device) {
  return base::errno_error(ENOENT, "superblock of " + device.path);
}

Result<std::vector<Holder>> DryRunHost::holders_of(const BlockDevice&) {
  return std::vector<Holder>();
}

Result<bool> DryRunHost::errors_recorded(const BlockDevice& device) {
  if (!errors_recorded_) return false;
  const auto recorded = errors_recorded_(device);
  // Who may not read the device plans all the same: a check is what may come.
  const bool forbidden = !recorded && (recorded.error().is(std::errc::permission_denied) ||
                                       recorded.error().is(std::errc::operation_not_permitted));
  return forbidden ? true : recorded;
}

Result<std::optional<pid_t>> DryRunHost::smbd() {
  constexpr pid_t kImagined = 1000;
  const bool runs = imagined_.samba && imagined_.samba->running && *imagined_.samba->running;
  return runs ? std::optional<pid_t>(kImagined) : std::nullopt;
}

Result<bool> DryRunHost::superblock_alive(const BlockDevice& device) {
  return device_in_use(device);
}

ShareListing DryRunHost::list_shares(milliseconds) {
  return {.listed = {}, .asks_for_user = {}, .failed = {}, .not_tried = "nothing was started"};
}

Status DryRunHost::stop_samba(milliseconds) {
  if (imagined_.samba) imagined_.samba = {.running = false, .responding = false, .detail = "no smbd process"};
  return {};
}

Status DryRunHost::start_samba(milliseconds) {
  if (imagined_.samba) imagined_.samba = {.running = true, .responding = true, .detail = ""};
  return {};
}

Status DryRunHost::detach_top_layer(const std::string& path, milliseconds) {
  auto* const mount = find(path);
  if (!mount || !mount->layers || mount->layers->empty()) return base::errno_error(EINVAL, "umount -l " + path);
  mount->layers->pop_back();
  if (mount->layers->empty()) {
    mount->probes.reset();
    mount->ext4.reset();
  }
  return {};
}

Status DryRunHost::end_holders(const std::vector<Holder>&) {
  return {};
}

Result<FilesystemCheck> DryRunHost::check_filesystem(const BlockDevice&, milliseconds) {
  return FilesystemCheck{.exit_code = 0, .said = "what it finds is not known before"};
}

Status DryRunHost::mount(const observation::GuardedMount& guard, const BlockDevice& device, milliseconds) {
  auto* const mount = find(guard.path);
  if (!mount || !mount->layers) return base::errno_error(ENOENT, "mount " + guard.path);
  mount->layers->push_back(LayerObservation{.layer = {.id = next_mount_id_++,
                                                      .parent_id = 0,
                                                      .device = device.number,
                                                      .root = "/",
                                                      .target = guard.path,
                                                      .fs_type = guard.fs_type,
                                                      .source = device.path,
                                                      .super_options = guard.read_only_asked ? "ro" : "rw"},
                                            .device_name = device.name,
                                            .device_exists = true,
                                            .device_tags = device.tags,
                                            .flags = observation::SuperblockFlags{.read_only = guard.read_only_asked}});
  make_sound(*mount);
  return {};
}

void DryRunHost::wait(milliseconds duration) {
  imagined_.time.monotonic += duration;
  imagined_.time.wall += duration;
}

}  // namespace motoko::remediation
