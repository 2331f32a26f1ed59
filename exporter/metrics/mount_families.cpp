#include "exporter/metrics/mount_families.h"

#include <set>

#include "exporter/health/rules.h"

namespace motoko::metrics {
namespace {

using base::Result;
using health::MountState;
using health::MountVerdict;
using health::Verdict;
using observation::MountObservation;
using observation::Observation;

/// Calls `add(seen, verdict, path)` for each mount.
template <typename Add>
void for_each_mount(const Observation& observation, const Verdict& verdict, Add add) {
  for (std::size_t i = 0; i < observation.mounts.size(); ++i)
    add(observation.mounts[i], verdict.mounts[i], observation.mounts[i].guard.path);
}

std::string top_device(const MountObservation& mount) {
  return mount.layers && !mount.layers->empty() ? mount.layers->back().layer.source : "";
}

std::string expected_device(const MountObservation& mount) {
  return mount.candidates && mount.candidates->size() == 1 ? mount.candidates->front().path : "";
}

std::string uuid(const MountObservation& mount) {
  if (mount.guard.device.tag == observation::DeviceTag::uuid) return mount.guard.device.value;
  if (mount.candidates && mount.candidates->size() == 1 && mount.candidates->front().tags)
    return mount.candidates->front().tags->uuid;
  return "";
}

void add_state(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  const auto simple = [&](const char* name, const char* help, auto value) {
    Family& family = set.gauge(name, help);
    for_each_mount(observation, verdict, [&](const auto& seen, const auto& judged, const auto& path) {
      family.add(value(seen, judged), {{"mountpoint", path}});
    });
  };
  const auto state = [&](const char* name, const char* help, auto member) {
    simple(name, help, [member](const auto&, const MountVerdict& judged) { return judged.state.*member; });
  };
  simple("motoko_mount_healthy", "1 if the mount has no finding of severity critical.",
         [](const auto&, const MountVerdict& judged) { return judged.healthy; });
  state("motoko_mount_present", "1 if something is mounted there.", &MountState::present);
  state("motoko_mount_stale",
        "1 if the top mount is dead: device gone, wrong device, shut down, failing or not answering.",
        &MountState::stale);
  Family& reasons = set.gauge("motoko_mount_stale_reason", "1 for each reason why the top mount is dead.");
  for_each_mount(observation, verdict, [&](const auto&, const MountVerdict& judged, const auto& path) {
    const auto& why = judged.state.reasons;
    reasons.add(why.device_gone, {{"mountpoint", path}, {"reason", "device_gone"}});
    reasons.add(why.wrong_device, {{"mountpoint", path}, {"reason", "wrong_device"}});
    reasons.add(why.shutdown, {{"mountpoint", path}, {"reason", "shutdown"}});
    reasons.add(why.io_error, {{"mountpoint", path}, {"reason", "io_error"}});
    reasons.add(why.unresponsive, {{"mountpoint", path}, {"reason", "unresponsive"}});
  });
  state("motoko_mount_duplicates", "Mounts on this mountpoint beyond the first.", &MountState::duplicates);
  state("motoko_mount_stale_layers", "Dead mounts anywhere in the stack on this mountpoint.",
        &MountState::stale_layers);
  state("motoko_mount_emergency_ro", "1 if the kernel made the file system read-only after an error.",
        &MountState::emergency_ro);
  simple("motoko_mount_shutdown", "1 if the file system was shut down: every access fails.",
         [](const auto&, const MountVerdict& judged) { return judged.state.reasons.shutdown; });
  state("motoko_mount_read_only", "1 if the file system is mounted read-only.", &MountState::read_only);
  state("motoko_mount_device_present", "1 if exactly one block device is the one that fstab names.",
        &MountState::device_present);
  simple("motoko_mount_detached_superblock",
         "1 if the file system lives on unmounted because something still holds it.",
         [](const MountObservation& seen, const auto&) -> Result<bool> {
           if (!seen.detached) return tl::unexpected(seen.detached.error());
           return !seen.detached->empty();
         });
}

void add_identity(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  Family& info = set.gauge("motoko_mount_info", "What is mounted and what fstab expects.");
  Family& disks = set.gauge("motoko_disk_info", "The disk under a mounted device.");
  std::set<std::string> seen_devices;  // two mountpoints can share a device
  for_each_mount(observation, verdict, [&](const MountObservation& seen, const auto&, const auto& path) {
    const bool mounted = seen.layers && !seen.layers->empty();
    info.add(1, {{"mountpoint", path},
                 {"device", top_device(seen)},
                 {"expected_device", expected_device(seen)},
                 {"uuid", uuid(seen)},
                 {"fstype", mounted ? seen.layers->back().layer.fs_type : seen.guard.fs_type}});
    const bool device_there = mounted && seen.layers->back().device_exists && *seen.layers->back().device_exists;
    const std::string device = device_there ? top_device(seen) : expected_device(seen);
    if (seen.disk && !device.empty() && seen_devices.insert(device).second)
      disks.add(1, {{"device", device}, {"model", seen.disk->model}, {"serial", seen.disk->serial}});
  });
}

void add_probes(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  Family& success =
      set.gauge("motoko_mount_probe_success", "1 if the last touch of the mounted file system succeeded.");
  Family& duration =
      set.gauge("motoko_mount_probe_duration_seconds", "How long the last touch took, or has taken so far.");
  for_each_mount(observation, verdict, [&](const MountObservation& seen, const auto&, const auto& path) {
    if (!seen.probes) return;
    const auto add = [&](const char* name, const Result<observation::ProbeOutcome>& probe) {
      if (!probe) return;
      success.add(probe->error ? 0.0 : 1.0, {{"mountpoint", path}, {"probe", name}});
      duration.add(probe->duration.count(), {{"mountpoint", path}, {"probe", name}});
    };
    add("statfs", seen.probes->statfs);
    add("read", seen.probes->read);
    add("write", seen.probes->write);
  });
}

void add_space(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  using observation::FilesystemUsage;
  const auto usage = [&](const char* name, const char* help, std::uint64_t FilesystemUsage::*member) {
    Family& family = set.gauge(name, help);
    for_each_mount(observation, verdict,
                   [&](const MountObservation& seen, const MountVerdict& judged, const auto& path) {
                     // statfs succeeds on a dead file system: its numbers would claim that all is well.
                     const bool stale = judged.state.stale && *judged.state.stale;
                     if (seen.probes && seen.probes->usage && !stale)
                       family.add(static_cast<double>((*seen.probes->usage).*member), {{"mountpoint", path}});
                   });
  };
  usage("motoko_filesystem_size_bytes", "Size of the file system.", &FilesystemUsage::size_bytes);
  usage("motoko_filesystem_free_bytes", "Free bytes, also those reserved for root.", &FilesystemUsage::free_bytes);
  usage("motoko_filesystem_avail_bytes", "Bytes available to users.", &FilesystemUsage::available_bytes);
  usage("motoko_filesystem_files", "Inodes.", &FilesystemUsage::files);
  usage("motoko_filesystem_files_free", "Free inodes.", &FilesystemUsage::files_free);
  Family& threshold = set.gauge("motoko_filesystem_min_available_bytes", "Configured: below this, space is low.");
  for_each_mount(observation, verdict, [&](const MountObservation& seen, const auto&, const auto& path) {
    threshold.add(health::min_available_bytes(seen), {{"mountpoint", path}});
  });
}

void add_errors(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  Family& shadowed =
      set.gauge("motoko_mount_shadowed_entries", "Entries on the bare mountpoint while nothing is mounted there.");
  Family& recent =
      set.gauge("motoko_ext4_recent_errors",
                "Kernel messages of ext4 errors, ext4 warnings and I/O errors within the configured window.");
  Family& errors = set.gauge("motoko_ext4_superblock_errors", "Errors that ext4 recorded since the last fsck.");
  Family& warnings = set.gauge("motoko_ext4_superblock_warnings", "Warnings that ext4 counted since the mount.");
  for_each_mount(observation, verdict, [&](const MountObservation& seen, const auto&, const auto& path) {
    if (seen.shadowed_entries) shadowed.add(*seen.shadowed_entries, {{"mountpoint", path}});
    recent.add(seen.recent_kernel_errors, {{"mountpoint", path}});
    if (!seen.ext4 || !*seen.ext4) return;
    errors.add(static_cast<double>((*seen.ext4)->errors), {{"mountpoint", path}});
    if ((*seen.ext4)->warnings) warnings.add(static_cast<double>(*(*seen.ext4)->warnings), {{"mountpoint", path}});
  });
}

void add_backups(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  Family& newest = set.gauge("motoko_time_machine_last_backup_timestamp_seconds",
                             "When the newest backup of a bundle was completed.");
  for_each_mount(observation, verdict, [&](const MountObservation& seen, const auto&, const auto& path) {
    if (!seen.backups || !*seen.backups) return;
    for (const auto& bundle : **seen.backups)
      if (bundle.newest)
        newest.add(base::Seconds(bundle.newest->time_since_epoch()).count(),
                   {{"mountpoint", path}, {"bundle", bundle.name}});
  });
}

}  // namespace

void add_mount_families(FamilySet& set, const Observation& observation, const Verdict& verdict) {
  add_state(set, observation, verdict);
  add_identity(set, observation, verdict);
  add_probes(set, observation, verdict);
  add_space(set, observation, verdict);
  add_errors(set, observation, verdict);
  add_backups(set, observation, verdict);
}

}  // namespace motoko::metrics
