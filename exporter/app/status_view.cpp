#include "exporter/app/status_view.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "exporter/health/rules.h"

namespace motoko::app {
namespace {

using base::Result;
using health::MountState;
using health::MountVerdict;
using health::Severity;
using observation::LayerObservation;
using observation::MountObservation;
using observation::Observation;

constexpr std::size_t kMaxKernelEvents = 50;

web::Level level_of(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return web::Level::ok;
    case Severity::unknown:
      return web::Level::unknown;
    case Severity::warning:
      return web::Level::warning;
    case Severity::critical:
      return web::Level::critical;
  }
  return web::Level::unknown;
}

template <typename T>
std::optional<T> known(const Result<T>& value) {
  return value ? std::optional<T>(*value) : std::nullopt;
}

std::vector<web::FindingView> findings_view(const std::vector<health::Finding>& findings,
                                            const std::vector<health::Undecided>& undecided) {
  std::vector<web::FindingView> views;
  for (const auto& finding : findings)
    views.push_back({std::string(to_string(finding.code)), level_of(severity_of(finding.code)), finding.detail});
  for (const auto& item : undecided)
    views.push_back(
        {std::string(to_string(item.code)), web::Level::unknown, "cannot be told: " + item.reason.message()});
  return views;
}

/// As the kernel prints them now; the mount table's own words may be as old as the mount.
std::string state_options(const LayerObservation& layer) {
  if (!layer.flags) return layer.layer.super_options;
  std::string options = layer.flags->read_only ? "ro" : "rw";
  if (layer.flags->emergency_ro) options += ",emergency_ro";
  if (layer.flags->shutdown) options += ",shutdown";
  return options;
}

web::LayerView layer_view(const LayerObservation& layer) {
  web::LayerView view{.device = layer.layer.source, .options = state_options(layer), .dead = false, .reason = {}};
  if (layer.device_exists && !*layer.device_exists) view.reason = "its device is gone";
  if (layer.flags && layer.flags->shutdown) view.reason += view.reason.empty() ? "shut down" : ", shut down";
  view.dead = !view.reason.empty();
  return view;
}

web::ProbeView probe_view(const char* name, const Result<observation::ProbeOutcome>& probe) {
  if (!probe) return {.name = name, .success = {}, .detail = probe.error().message(), .duration = {}};
  return {.name = name,
          .success = !probe->error,
          .detail = probe->error ? probe->error->message() : "",
          .duration = probe->duration};
}

std::optional<web::SpaceView> space_view(const MountObservation& seen, const MountState& state) {
  if (!seen.probes || !seen.probes->usage || (state.stale && *state.stale)) return std::nullopt;
  return web::SpaceView{.size_bytes = seen.probes->usage->size_bytes,
                        .available_bytes = seen.probes->usage->available_bytes,
                        .min_available_bytes = health::min_available_bytes(seen).value_or(0)};
}

web::MountView mount_view(const MountObservation& seen, const MountVerdict& judged) {
  web::MountView view;
  view.path = seen.guard.path;
  view.level = level_of(judged.severity);
  view.findings = findings_view(judged.findings, judged.undecided);
  view.expected_device = to_string(seen.guard.device);
  view.fs_type = seen.guard.fs_type;
  view.which_disk = seen.guard.disk;
  view.time_machine = seen.guard.time_machine;
  view.space = space_view(seen, judged.state);
  view.guarded = known(seen.guarded);
  view.recent_kernel_errors = known(seen.recent_kernel_errors);
  if (seen.guard.device.tag == observation::DeviceTag::uuid) view.uuid = seen.guard.device.value;
  if (seen.disk) {
    view.disk_model = seen.disk->model;
    view.disk_serial = seen.disk->serial;
  }
  if (seen.layers && !seen.layers->empty()) {
    const LayerObservation& top = seen.layers->back();
    view.device = top.layer.source;
    view.fs_type = top.layer.fs_type;
    if (top.device_tags && view.uuid.empty()) view.uuid = top.device_tags->uuid;
    std::transform(seen.layers->begin(), seen.layers->end(), std::back_inserter(view.layers), layer_view);
  }
  if (seen.probes) {
    view.probes.push_back(probe_view("statfs", seen.probes->statfs));
    view.probes.push_back(probe_view("read", seen.probes->read));
    if (seen.probes->write) view.probes.push_back(probe_view("write", seen.probes->write));
  }
  if (seen.ext4 && *seen.ext4)
    view.ext4 = web::Ext4View{.errors = (*seen.ext4)->errors,
                              .warnings = (*seen.ext4)->warnings,
                              .last_error = (*seen.ext4)->last_error_time};
  return view;
}

void add_backups(const MountObservation& seen, base::WallTime now, std::vector<web::BackupView>& views) {
  if (!seen.backups) return;
  if (!*seen.backups) {
    views.push_back({.mountpoint = seen.guard.path,
                     .bundle = "",
                     .last_completed = {},
                     .overdue = false,
                     .note = seen.backups->error().message()});
    return;
  }
  for (const auto& bundle : **seen.backups)
    views.push_back({.mountpoint = seen.guard.path,
                     .bundle = bundle.name,
                     .last_completed = known(bundle.newest),
                     .overdue = bundle.newest && now - *bundle.newest > seen.guard.max_backup_age,
                     .note = bundle.newest ? "" : bundle.newest.error().message()});
}

std::vector<web::KernelEventView> kernel_events(const Observation& observation) {
  std::vector<web::KernelEventView> views;
  if (!observation.kernel_log) return views;
  const auto& events = (*observation.kernel_log)->events;
  for (auto event = events.rbegin(); event != events.rend() && views.size() < kMaxKernelEvents; ++event) {
    const auto age = observation.time.monotonic - event->time;
    views.push_back({.time = observation.time.wall - std::chrono::duration_cast<base::WallTime::duration>(age),
                     .device = event->device,
                     .kind = std::string(to_string(event->kind)),
                     .count = event->count,
                     .text = event->text});
  }
  return views;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

}  // namespace

web::StatusPage status_view(const Snapshot& snapshot, const StatusViewOptions& options) {
  const auto& [observation, verdict] = snapshot;
  web::StatusPage page;
  page.level = level_of(verdict.severity);
  page.host = host_name();
  page.observed = observation.time.wall;
  page.now = base::now().wall;
  for (std::size_t i = 0; i < observation.mounts.size(); ++i) {
    page.mounts.push_back(mount_view(observation.mounts[i], verdict.mounts[i]));
    add_backups(observation.mounts[i], observation.time.wall, page.backups);
  }
  if (observation.samba) {
    web::SambaView samba;
    samba.findings = findings_view(verdict.findings, verdict.undecided);
    samba.level = level_of(verdict.findings.empty() ? verdict.undecided.empty() ? Severity::ok : Severity::unknown
                                                    : Severity::critical);
    samba.running = known(observation.samba->running);
    samba.responding = known(observation.samba->responding);
    samba.detail = observation.samba->detail;
    page.samba = std::move(samba);
  }
  page.kernel_events = kernel_events(observation);
  for (const auto& run : observation.collectors)
    page.collectors.push_back(
        {.name = run.name, .error = run.error ? run.error->message() : "", .duration = run.duration});
  page.version = kVersion;
  page.config_file = options.config_file;
  page.metrics_path = options.metrics_path;
  return page;
}

}  // namespace motoko::app
