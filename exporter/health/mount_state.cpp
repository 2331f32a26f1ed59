#include "exporter/health/mount_state.h"

#include <algorithm>
#include <optional>

namespace motoko::health {
namespace {

using observation::DeviceTag;
using observation::GuardedMount;
using observation::LayerObservation;
using observation::MountObservation;
using observation::ProbeOutcome;

Result<bool> device_gone(const LayerObservation& layer) {
  if (!layer.device_exists) return layer.device_exists;
  return !*layer.device_exists;
}

/// A file system without a device number of its own (tmpfs, NFS, btrfs) tells where it came from only by its source.
Result<bool> wrong_source(const LayerObservation& layer, const MountObservation& mount) {
  if (!layer.layer.source.starts_with("/dev/")) return true;
  if (!mount.candidates) return tl::unexpected(mount.candidates.error());
  return std::none_of(mount.candidates->begin(), mount.candidates->end(),
                      [&](const auto& device) { return device.path == layer.layer.source; });
}

Result<bool> wrong_device(const LayerObservation& layer, const MountObservation& mount) {
  const GuardedMount& guard = mount.guard;
  if (guard.device.tag == DeviceTag::other) return layer.layer.source != guard.device.value;
  if (!layer.device_exists || !*layer.device_exists) return false;  // a device that is gone is not another one
  if (layer.layer.device.major == 0) return wrong_source(layer, mount);
  const auto is_candidate = [&](const auto& device) { return device.number == layer.layer.device; };
  if (mount.candidates && std::any_of(mount.candidates->begin(), mount.candidates->end(), is_candidate)) return false;
  if (guard.device.tag == DeviceTag::path) {
    if (!mount.candidates) return tl::unexpected(mount.candidates.error());
    return true;
  }
  if (!layer.device_tags) return tl::unexpected(layer.device_tags.error());
  const auto match = observation::matches(*layer.device_tags, guard.device);
  if (!match) return base::errno_error(EACCES, "read " + layer.layer.source);
  return !*match;
}

Result<bool> shut_down(const LayerObservation& layer) {
  if (!layer.flags) return tl::unexpected(layer.flags.error());
  return layer.flags->shutdown;
}

/// Running out of space and being read-only are faults of their own, not failures of the disk.
bool is_io_failure(const base::Error& error) {
  return !error.is(std::errc::timed_out) && !error.is(std::errc::no_space_on_device) &&
         !error.is(std::errc::read_only_file_system) && error.code.value() != EDQUOT;
}

Result<bool> failed(const Result<ProbeOutcome>& probe) {
  if (!probe) return tl::unexpected(probe.error());
  return probe->error && is_io_failure(*probe->error);
}

bool timed_out(const Result<ProbeOutcome>& probe) {
  return probe && probe->error && probe->error->is(std::errc::timed_out);
}

/// The write probe is asked for or not; where it says nothing, that is not a doubt.
Result<bool> known_or_false(const Result<bool>& fact) {
  return fact.value_or(false);
}

Result<bool> io_error(const MountObservation& mount) {
  if (!mount.probes) return false;
  const auto statfs = failed(mount.probes->statfs);
  const auto read = failed(mount.probes->read);
  const auto write = known_or_false(failed(mount.probes->write));
  return any_of({&read, &statfs, &write});
}

Result<bool> unresponsive(const MountObservation& mount) {
  if (!mount.probes) return false;
  return timed_out(mount.probes->statfs) || timed_out(mount.probes->read) || timed_out(mount.probes->write);
}

/// A file system that took a write and synced it is neither shut down nor read-only, whatever cannot be read of it.
bool took_a_write(const MountObservation& mount) {
  return mount.probes && mount.probes->write && !mount.probes->write->error;
}

Result<bool> emergency_ro(const LayerObservation& top, const MountObservation& mount) {
  if (top.flags && top.flags->emergency_ro) return true;
  // Kernels that print no such flag still refuse the write.
  const bool refused = mount.probes && mount.probes->write && mount.probes->write->error &&
                       mount.probes->write->error->is(std::errc::read_only_file_system);
  if (refused && top.flags && !top.flags->read_only) return true;
  if (!top.flags && took_a_write(mount)) return false;
  if (!top.flags) return tl::unexpected(top.flags.error());
  return false;
}

/// The number of layers for which `dead` is true; unknown where it is unknown for one.
Result<std::uint64_t> count_dead(const std::vector<LayerObservation>& layers, const MountObservation& mount) {
  std::uint64_t count = 0;
  for (const auto& layer : layers) {
    const auto gone = device_gone(layer);
    const auto wrong = wrong_device(layer, mount);
    const auto shutdown = shut_down(layer);
    const auto dead = any_of({&gone, &wrong, &shutdown});
    if (!dead) return tl::unexpected(dead.error());
    if (*dead) ++count;
  }
  return count;
}

}  // namespace

Result<bool> any_of(std::initializer_list<const Result<bool>*> facts) {
  std::optional<base::Error> unknown;
  for (const auto* fact : facts) {
    if (*fact && **fact) return true;
    if (!*fact && !unknown) unknown = fact->error();
  }
  if (unknown) return tl::unexpected(*unknown);
  return false;
}

MountState mount_state(const MountObservation& mount) {
  MountState state{.present = false,
                   .duplicates = std::uint64_t{0},
                   .stale_layers = std::uint64_t{0},
                   .stale_layers_below = std::uint64_t{0},
                   .reasons = {.device_gone = false,
                               .wrong_device = false,
                               .shutdown = false,
                               .io_error = false,
                               .unresponsive = false},
                   .stale = false,
                   .emergency_ro = false,
                   .read_only = false,
                   .device_present = false};
  if (mount.candidates)
    state.device_present = mount.candidates->size() == 1;
  else
    state.device_present = tl::unexpected(mount.candidates.error());

  if (!mount.layers) {
    const auto unknown = tl::unexpected(mount.layers.error());
    state.present = unknown;
    state.duplicates = state.stale_layers = state.stale_layers_below = unknown;
    state.reasons = {unknown, unknown, unknown, unknown, unknown};
    state.stale = state.emergency_ro = state.read_only = unknown;
    return state;
  }
  if (mount.layers->empty()) return state;

  const LayerObservation& top = mount.layers->back();
  state.present = true;
  state.duplicates = mount.layers->size() - 1;
  state.reasons = {.device_gone = device_gone(top),
                   .wrong_device = wrong_device(top, mount),
                   .shutdown = !top.flags && took_a_write(mount) ? Result<bool>(false) : shut_down(top),
                   .io_error = io_error(mount),
                   .unresponsive = unresponsive(mount)};
  const auto& reasons = state.reasons;
  state.stale = any_of(
      {&reasons.device_gone, &reasons.wrong_device, &reasons.shutdown, &reasons.io_error, &reasons.unresponsive});
  state.stale_layers_below = count_dead({mount.layers->begin(), mount.layers->end() - 1}, mount);
  if (!state.stale_layers_below)
    state.stale_layers = state.stale_layers_below;
  else if (!state.stale)
    state.stale_layers = tl::unexpected(state.stale.error());
  else
    state.stale_layers = *state.stale_layers_below + (*state.stale ? 1U : 0U);
  state.emergency_ro = emergency_ro(top, mount);
  if (top.flags)
    state.read_only = top.flags->read_only;
  else if (took_a_write(mount))
    state.read_only = false;
  else
    state.read_only = tl::unexpected(top.flags.error());
  return state;
}

}  // namespace motoko::health
