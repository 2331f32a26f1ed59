#include "exporter/app/real_host.h"

#include <algorithm>
#include <thread>

#include "exporter/app/eyes.h"
#include "exporter/host/fsck.h"
#include "exporter/host/holders.h"
#include "exporter/host/mounts.h"
#include "exporter/host/samba_shares.h"
#include "exporter/host/unit_mount.h"
#include "exporter/sources/file_system_state.h"
#include "exporter/sources/mount_tables.h"
#include "exporter/sources/smbd_process.h"

namespace motoko::app {
namespace {

using base::Result;
using base::Status;
using observation::BlockDevice;
using remediation::milliseconds;

constexpr milliseconds kLookAtDevice{5000};
constexpr milliseconds kLookForHolders{10000};
constexpr milliseconds kHoldersPatience{3000};

Setup with_writes(Setup setup) {
  setup.config.probe.write_interval = std::chrono::seconds(0);
  return setup;
}

}  // namespace

RealHost::RealHost(const base::HostPaths& paths, const Setup& setup, sources::DiskWorkers& workers,
                   host::Service* samba)
    : paths_(paths), setup_(setup), setup_with_writes_(with_writes(setup)), workers_(workers), samba_(samba) {}

observation::Observation RealHost::look_with(const Setup& setup) {
  // New eyes each time: nothing that was true before the last step may answer for what is true now.
  Eyes eyes(paths_, setup, workers_, [] {});
  return eyes.observe();
}

observation::Observation RealHost::look_without_writing() {
  return look_with(setup_);
}

observation::Observation RealHost::look() {
  return look_with(setup_with_writes_);
}

Result<observation::MountTable> RealHost::mount_table() {
  sources::MountInfoReader reader(paths_);
  const auto table = reader.read();
  if (!table) return tl::unexpected(table.error());
  return **table;
}

Result<observation::MountStack> RealHost::layers(const std::string& path) {
  const auto table = mount_table();
  if (!table) return tl::unexpected(table.error());
  return observation::stack_at(*table, path);
}

Result<std::vector<BlockDevice>> RealHost::devices_of(const observation::GuardedMount& guard) {
  sources::DeviceCatalog catalog(paths_, workers_, setup_.config.probe.deadline);
  sources::HostDevices devices(paths_, catalog);
  const auto inventory = devices.inventory();
  if (!inventory) return tl::unexpected(inventory.error());
  auto spec = guard.device;
  if (spec.tag == observation::DeviceTag::path) spec.value = devices.follow(spec.value);
  return observation::devices_matching(**inventory, spec);
}

Result<bool> RealHost::device_in_use(const BlockDevice& device) {
  return host::device_in_use(device.path, kLookAtDevice);
}

Result<observation::SuperblockFlags> RealHost::superblock_flags(const BlockDevice& device) {
  const auto prints = sources::kernel_prints_flags(paths_);
  if (!prints) return tl::unexpected(prints.error());
  if (!*prints) return base::failure(std::errc::not_supported, "this kernel prints no flags of superblocks");
  return sources::read_ext4_flags(paths_, device.name);
}

Result<std::vector<remediation::Holder>> RealHost::holders_of(const BlockDevice& device) {
  const auto found = host::holders_of(paths_.procfs, device.number.major, device.number.minor, kLookForHolders);
  if (!found) return tl::unexpected(found.error());
  std::vector<remediation::Holder> holders;
  for (const auto& holder : *found) holders.push_back({holder.pid, holder.name, holder.how});
  return holders;
}

Result<bool> RealHost::errors_recorded(const BlockDevice& device) {
  return host::records_errors(device.path, kLookAtDevice);
}

Result<std::optional<pid_t>> RealHost::smbd() {
  const auto found = sources::find_main_smbd(paths_.procfs, sources::SmbdKind::of_this_host);
  if (!found) return tl::unexpected(found.error());
  return *found ? std::optional<pid_t>((*found)->pid) : std::nullopt;
}

Result<bool> RealHost::superblock_alive(const BlockDevice& device) {
  const auto alive = sources::list_ext4_superblocks(paths_);
  if (!alive) return tl::unexpected(alive.error());
  if (std::find(alive->begin(), alive->end(), device.name) != alive->end()) return true;
  // Only ext4 lists its superblocks there.
  if (device.tags && device.tags->fs_type.starts_with("ext")) return false;
  return base::failure(std::errc::not_supported, "whether a file system of " + device.path + " is alive");
}

remediation::ShareListing RealHost::list_shares(milliseconds deadline) {
  const auto server = smbd();
  if (!server || !*server) return {.listed = {}, .asks_for_user = {}, .failed = {}, .not_tried = "no smbd is found"};
  host::ShareQuery query{.procfs = paths_.procfs,
                         .smbd = **server,
                         .address = setup_.config.samba.address,
                         .paths = {},
                         .deadline = deadline};
  for (const auto& guard : setup_.guards) query.paths.push_back(guard.path);
  const auto listing = host::list_shares(query);
  return {listing.listed, listing.asks_for_user, listing.failed, listing.not_tried};
}

std::string RealHost::samba_name() const {
  return samba_ ? samba_->name() : "Samba";
}

Status RealHost::stop_samba(milliseconds deadline) {
  if (!samba_) return {};
  return samba_->stop(deadline);
}

Status RealHost::start_samba(milliseconds deadline) {
  if (!samba_) return {};
  return samba_->start(deadline);
}

Status RealHost::detach_top_layer(const std::string& path, milliseconds deadline) {
  // Only what the configuration guards, whatever a step asks for.
  const bool guarded =
      std::any_of(setup_.guards.begin(), setup_.guards.end(), [&](const auto& guard) { return guard.path == path; });
  if (!guarded) return base::failure(std::errc::operation_not_permitted, path + " is not guarded");
  return host::detach_top_layer(path, deadline);
}

Status RealHost::end_holders(const std::vector<remediation::Holder>& holders) {
  std::vector<host::Holder> ended;
  for (const auto& holder : holders) ended.push_back({holder.pid, holder.name, holder.how});
  return host::end_processes(ended, kHoldersPatience);
}

Result<remediation::FilesystemCheck> RealHost::check_filesystem(const BlockDevice& device, milliseconds deadline) {
  const auto finished = host::check_ext4(device.path, deadline);
  if (!finished) return tl::unexpected(finished.error());
  return remediation::FilesystemCheck{.exit_code = finished->exit_code, .said = host::describe(*finished)};
}

Status RealHost::mount(const observation::GuardedMount& guard, const BlockDevice& device, milliseconds deadline) {
  // As fstab has it now: it may have been edited since the start.
  const auto fstab = sources::read_fstab(setup_.config.fstab);
  if (!fstab) return tl::unexpected(fstab.error());
  const auto entry = std::find_if(fstab->entries.begin(), fstab->entries.end(),
                                  [&](const auto& candidate) { return candidate.target == guard.path; });
  if (entry == fstab->entries.end() || !(entry->device == guard.device))
    return base::failure(std::errc::no_message_available,
                         setup_.config.fstab + " no longer names " + to_string(guard.device) + " for " + guard.path);
  if (host::has_mount_unit(setup_.config.fstab)) {
    auto started = host::start_mount_unit(guard.path, deadline);
    // In a container systemd makes no units of lines that name a device.
    if (started || !started.error().is(std::errc::no_such_file_or_directory)) return started;
  }
  return host::mount_device(
      {.device = device.path, .target = guard.path, .fs_type = entry->fs_type, .options = entry->options}, deadline);
}

void RealHost::wait(milliseconds duration) {
  std::this_thread::sleep_for(duration);
}

}  // namespace motoko::app
