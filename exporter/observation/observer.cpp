#include "exporter/observation/observer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "exporter/observation/kernel_log_queries.h"

namespace motoko::observation {
namespace {

using base::Result;

bool is_ext4(const MountLayer& layer) {
  return layer.fs_type == "ext4" || layer.fs_type == "ext3" || layer.fs_type == "ext2";  // one driver serves all three
}

/// The kernel's name of a device that may be gone: then only the mount's source still tells it.
std::string name_from_source(const std::string& source) {
  if (!source.starts_with("/dev/") || source.starts_with("/dev/mapper/")) return {};
  return source.substr(source.rfind('/') + 1);
}

/// Runs one source and times it into `run`; the first error of several calls stays.
class TimedRun {
 public:
  explicit TimedRun(std::string name) : run_{.name = std::move(name), .error = {}, .duration = {}} {}

  template <typename Call>
  auto operator()(Call call) {
    const auto start = std::chrono::steady_clock::now();
    auto result = call();
    run_.duration += std::chrono::steady_clock::now() - start;
    return result;
  }
  void failed(const base::Error& error) {
    if (!run_.error) run_.error = error;
  }
  [[nodiscard]] CollectorRun result() const { return run_; }

 private:
  CollectorRun run_;
};

const BlockDevice* find_device(const DeviceInventory& inventory, DeviceNumber number) {
  const auto found =
      std::find_if(inventory.begin(), inventory.end(), [&](const auto& device) { return device.number == number; });
  return found == inventory.end() ? nullptr : &*found;
}

/// What `call()` gives, asked once for each key.
template <typename Key, typename Value, typename Call>
const Value& once(std::map<Key, Value>& known, const Key& key, Call call) {
  const auto found = known.find(key);
  return found != known.end() ? found->second : known.emplace(key, call()).first->second;
}

std::string expected_uuid(const MountObservation& mount) {
  if (mount.guard.device.tag == DeviceTag::uuid) return mount.guard.device.value;
  if (mount.candidates && mount.candidates->size() == 1 && mount.candidates->front().tags)
    return mount.candidates->front().tags->uuid;
  return {};
}

}  // namespace

struct Observer::Host {
  base::Instant now;
  TimedRun mounts{"mounts"};
  TimedRun ext4{"ext4"};
  TimedRun kernel{"kernel_log"};
  TimedRun samba{"samba"};
  TimedRun time_machine{"time_machine"};
  Result<std::shared_ptr<const MountTable>> table;
  std::optional<Result<std::shared_ptr<const MountTable>>> table_with_options;  // read only where it is needed
  Result<std::shared_ptr<const DeviceInventory>> inventory;
  Result<std::shared_ptr<const KernelLog>> log;
  Result<std::vector<std::string>> live_ext4;
  std::vector<std::string> unmounted_ext4;  // those of live_ext4 that the table does not have
  Result<bool> prints_flags;
  // Several mounts of one device are told the same, and ask once.
  std::map<DeviceNumber, Result<bool>> exists;
  std::map<DeviceNumber, Result<std::string>> names;
  std::map<DeviceNumber, Result<DiskIdentity>> disks;
  std::map<std::string, Result<SuperblockFlags>> ext4_flags;
  std::map<std::string, Result<Ext4Counters>> ext4_counters;
};

Observer::Observer(ObserverSources sources, std::vector<GuardedMount> guards, std::chrono::seconds kernel_log_window)
    : sources_(sources), guards_(std::move(guards)), kernel_log_window_(kernel_log_window) {}

std::vector<ProbeTarget> Observer::probe_targets(const Host& host) {
  std::vector<ProbeTarget> targets;
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    const GuardedMount& guard = guards_[i];
    ProbeTarget target{.path = guard.path, .top = {}, .device_path = {}, .time_machine = guard.time_machine};
    if (host.table) {
      const MountStack& stack = stacks_[i];
      if (!stack.empty()) {
        target.top = stack.back();
        const BlockDevice* const device = host.inventory ? find_device(**host.inventory, target.top->device) : nullptr;
        if (device) target.device_path = device->path;
      }
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

Result<SuperblockFlags> Observer::superblock_flags(const MountLayer& layer, const std::string& device_name,
                                                   Host& host) {
  if (is_ext4(layer) && !device_name.empty()) {
    const auto& flags =
        once(host.ext4_flags, device_name, [&] { return sources_.superblocks.ext4_flags(device_name); });
    if (flags) return flags;
  }
  if (!host.table_with_options)
    host.table_with_options = host.mounts([&] { return sources_.mounts.read_mount_table(true); });
  if (!*host.table_with_options) return tl::unexpected(host.table_with_options->error());
  for (const auto& row : **host.table_with_options.value())
    if (row.id == layer.id) return parse_superblock_flags(row.super_options);
  return parse_superblock_flags(layer.super_options);
}

LayerObservation Observer::observe_layer(const MountLayer& layer, Host& host) {
  const bool on_block_device = layer.device.major != 0;
  LayerObservation observed{.layer = layer,
                            .device_name = {},
                            .device_exists = true,
                            .device_tags = base::failure(std::errc::no_such_device, "not a block device"),
                            .flags = SuperblockFlags{}};
  if (on_block_device) {
    observed.device_exists = once(host.exists, layer.device,
                                  [&] { return host.mounts([&] { return sources_.devices.exists(layer.device); }); });
    if (!observed.device_exists) host.mounts.failed(observed.device_exists.error());
    observed.device_name = device_name(layer, host);
    if (!host.inventory)
      observed.device_tags = tl::unexpected(host.inventory.error());
    else if (const BlockDevice* const device = find_device(**host.inventory, layer.device))
      observed.device_tags = device->tags;
    else
      observed.device_tags = base::errno_error(ENODEV, layer.source);
  }
  observed.flags = superblock_flags(layer, observed.device_name, host);
  if (!observed.flags || !is_ext4(layer) || observed.device_name.empty()) return observed;
  if (host.prints_flags && *host.prints_flags) return observed;
  // An older kernel prints neither flag: what the log says of this device since it was mounted stands for them.
  if (!host.log) {
    if (!observed.flags->emergency_ro && !observed.flags->shutdown) observed.flags = tl::unexpected(host.log.error());
    return observed;
  }
  const auto history = (*host.log)->devices.find(observed.device_name);
  const DeviceLogHistory* const known = history == (*host.log)->devices.end() ? nullptr : &history->second;
  const auto emergency_ro = derived_emergency_ro(known, (*host.log)->since_boot);
  const auto shutdown = derived_shutdown(known, (*host.log)->since_boot);
  observed.flags->emergency_ro |= emergency_ro.value_or(false);
  observed.flags->shutdown |= shutdown.value_or(false);
  if ((!emergency_ro || !shutdown) && !observed.flags->emergency_ro && !observed.flags->shutdown)
    observed.flags =
        base::failure(std::errc::no_message_available,
                      "this kernel prints no emergency_ro or shutdown, and its log no longer reaches back to the "
                      "mount of " +
                          observed.device_name);
  return observed;
}

Result<std::vector<std::string>> Observer::detached_superblocks(const MountObservation& mount, const Host& host) {
  if (!host.live_ext4) return tl::unexpected(host.live_ext4.error());
  if (!host.table) return tl::unexpected(host.table.error());
  const std::string uuid = expected_uuid(mount);
  std::vector<std::string> detached;
  std::optional<base::Error> unknown;
  for (const auto& name : host.unmounted_ext4) {
    // Whose it was: seen here before, or the log says, or the device is still there to be read.
    const auto owner = superblock_owners_.find(name);
    if (owner != superblock_owners_.end()) {
      if (owner->second == mount.guard.path) detached.push_back(name);
      continue;
    }
    std::string carried;
    if (host.log) {
      const auto history = (*host.log)->devices.find(name);
      if (history != (*host.log)->devices.end()) carried = history->second.filesystem;
    }
    if (carried.empty() && host.inventory) {
      for (const auto& device : **host.inventory)
        if (device.name == name && device.tags) carried = device.tags->uuid;
    }
    if (carried.empty())
      unknown =
          base::failure(std::errc::no_message_available, "nothing tells which file system lives on as " + name).value();
    else if (!uuid.empty() && matches(DeviceTags{carried, "", "", "", ""}, {DeviceTag::uuid, uuid}).value_or(false))
      detached.push_back(name);
  }
  if (detached.empty() && unknown) return tl::unexpected(*unknown);
  return detached;
}

Result<DiskIdentity> Observer::disk(DeviceNumber number, Host& host) {
  return once(host.disks, number, [&] { return sources_.devices.disk(number); });
}

void Observer::find_stacks(const std::shared_ptr<const MountTable>& table) {
  if (stacks_of_ == table) return;
  stacks_.clear();
  for (const auto& guard : guards_) stacks_.push_back(stack_at(*table, guard.path));
  stacks_of_ = table;
}

std::string Observer::device_name(const MountLayer& layer, Host& host) {
  const auto& name = once(host.names, layer.device, [&] { return sources_.devices.name(layer.device); });
  return name ? *name : name_from_source(layer.source);
}

std::set<std::string> Observer::mounted_ext4_names(const MountTable& table, Host& host) {
  std::set<std::string> names;
  std::set<DeviceNumber> seen;
  for (const auto& row : table)
    if (is_ext4(row) && seen.insert(row.device).second) names.insert(device_name(row, host));
  return names;
}

MountObservation Observer::observe_mount(std::size_t index, Host& host) {
  const GuardedMount& guard = guards_[index];
  MountObservation mount{.guard = guard,
                         .layers = std::vector<LayerObservation>(),
                         .candidates = std::vector<BlockDevice>(),
                         .ext4 = {},
                         .disk = DiskIdentity{},
                         .detached = std::vector<std::string>(),
                         .probes = {},
                         .shadowed_entries = {},
                         .recent_kernel_errors = std::uint64_t{0},
                         .backups = {}};
  if (guard.device.tag == DeviceTag::other)
    mount.candidates = base::failure(std::errc::not_supported, "fstab names no block device for " + guard.path);
  else if (!host.inventory)
    mount.candidates = tl::unexpected(host.inventory.error());
  else
    mount.candidates = devices_matching(**host.inventory,
                                        guard.device.tag == DeviceTag::path
                                            ? DeviceSpec{DeviceTag::path, sources_.devices.follow(guard.device.value)}
                                            : guard.device);

  if (!host.table) {
    mount.layers = tl::unexpected(host.table.error());
  } else {
    for (const auto& layer : stacks_[index]) mount.layers->push_back(observe_layer(layer, host));
  }

  const LayerObservation* const top = mount.layers && !mount.layers->empty() ? &mount.layers->back() : nullptr;
  if (top && is_ext4(top->layer) && !top->device_name.empty()) {
    mount.ext4 = once(host.ext4_counters, top->device_name,
                      [&] { return host.ext4([&] { return sources_.superblocks.ext4_counters(top->device_name); }); });
    if (!*mount.ext4) host.ext4.failed(mount.ext4->error());
  }

  if (top && top->device_exists && *top->device_exists && top->layer.device.major != 0)
    mount.disk = disk(top->layer.device, host);
  else if (mount.candidates && mount.candidates->size() == 1)
    mount.disk = disk(mount.candidates->front().number, host);
  else
    mount.disk = base::errno_error(ENODEV, "disk of " + guard.path);

  if (mount.layers) {
    for (const auto& layer : *mount.layers)
      if (layer.device_tags && matches(*layer.device_tags, guard.device).value_or(false))
        superblock_owners_[layer.device_name] = guard.path;
  }
  mount.detached = detached_superblocks(mount, host);

  if (!host.log) {
    mount.recent_kernel_errors = tl::unexpected(host.log.error());
  } else {
    std::vector<std::string> names;
    if (mount.layers)
      for (const auto& layer : *mount.layers) names.push_back(layer.device_name);
    if (mount.candidates)
      for (const auto& device : *mount.candidates) names.push_back(device.name);
    mount.recent_kernel_errors =
        recent_errors(**host.log, names, expected_uuid(mount), host.now.monotonic - kernel_log_window_);
  }
  return mount;
}

Observation Observer::observe(base::Instant now) {
  Host host{.now = now,
            .table = base::errno_error(ENODATA, ""),
            .table_with_options = {},
            .inventory = base::errno_error(ENODATA, ""),
            .log = base::errno_error(ENODATA, ""),
            .live_ext4 = base::errno_error(ENODATA, ""),
            .unmounted_ext4 = {},
            .prints_flags = base::errno_error(ENODATA, ""),
            .exists = {},
            .names = {},
            .disks = {},
            .ext4_flags = {},
            .ext4_counters = {}};
  // The log first: what it announced is then visible to the others.
  host.log = host.kernel([&] { return sources_.kernel_log.read_kernel_log(); });
  if (!host.log) host.kernel.failed(host.log.error());
  host.table = host.mounts([&] { return sources_.mounts.read_mount_table(false); });
  if (!host.table) host.mounts.failed(host.table.error());
  host.inventory = host.mounts([&] { return sources_.devices.inventory(); });
  if (!host.inventory) host.mounts.failed(host.inventory.error());
  host.live_ext4 = host.ext4([&] { return sources_.superblocks.live_ext4_devices(); });
  if (!host.live_ext4) host.ext4.failed(host.live_ext4.error());
  host.prints_flags = host.ext4([&] { return sources_.superblocks.kernel_prints_flags(); });
  // A name that no superblock has any more may come back for another file system.
  if (host.live_ext4)
    std::erase_if(superblock_owners_, [&](const auto& owner) {
      return std::find(host.live_ext4->begin(), host.live_ext4->end(), owner.first) == host.live_ext4->end();
    });

  if (host.table) find_stacks(*host.table);
  if (host.table && host.live_ext4) {
    const auto mounted = mounted_ext4_names(**host.table, host);
    std::copy_if(host.live_ext4->begin(), host.live_ext4->end(), std::back_inserter(host.unmounted_ext4),
                 [&](const std::string& name) { return !mounted.contains(name); });
  }
  const auto targets = probe_targets(host);
  const auto touched = host.mounts([&] { return sources_.probes.touch(targets); });
  const auto guarded = sources_.bare_directories.guarded(guards_);

  Observation observation{.time = now,
                          .mounts = {},
                          .samba = {},
                          .kernel_log = host.log,
                          .collectors = {},
                          .kernel_log_window = kernel_log_window_};
  for (std::size_t i = 0; i < guards_.size(); ++i) {
    MountObservation mount = observe_mount(i, host);
    mount.guarded = guarded[i];
    if (host.table) {
      mount.probes = touched[i].probes;
      mount.shadowed_entries = touched[i].shadowed_entries;
      mount.backups = touched[i].backups;
    }
    if (mount.backups) {
      if (!*mount.backups) host.time_machine.failed(mount.backups->error());
      if (*mount.backups)
        for (const auto& bundle : **mount.backups)
          if (!bundle.newest && !bundle.newest.error().is(std::errc::no_message_available))
            host.time_machine.failed(bundle.newest.error());
    }
    observation.mounts.push_back(std::move(mount));
  }
  if (sources_.samba) {
    observation.samba = host.samba([&] { return sources_.samba->samba_state(); });
    if (!observation.samba->running) host.samba.failed(observation.samba->running.error());
    if (!observation.samba->responding) host.samba.failed(observation.samba->responding.error());
  }
  for (const auto* run : {&host.mounts, &host.ext4, &host.kernel, &host.samba, &host.time_machine})
    observation.collectors.push_back(run->result());
  return observation;
}

}  // namespace motoko::observation
