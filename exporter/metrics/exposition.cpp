#include "exporter/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <sstream>

#include "exporter/metrics/family_set.h"
#include "exporter/metrics/mount_families.h"
#include "exporter/metrics/process_families.h"

namespace motoko::metrics {
namespace {

using observation::Observation;

/// Devices of guarded mounts get all kinds from the start, so that the first event is an increase and not a new series.
void add_kernel_log(FamilySet& set, const Observation& observation) {
  if (!observation.kernel_log) return;
  const auto& log = **observation.kernel_log;
  auto totals = log.totals;
  for (const auto& mount : observation.mounts) {
    if (!mount.layers) continue;
    for (const auto& layer : *mount.layers)
      for (const auto kind : observation::kKernelEventKinds)
        if (!layer.device_name.empty()) totals.try_emplace({layer.device_name, kind}, 0);
  }
  Family& events = set.counter("motoko_kernel_storage_events_total",
                               "Kernel messages about storage since boot, as far as the log was kept.");
  for (const auto& [key, count] : totals)
    events.add(static_cast<double>(count), {{"device", key.first}, {"kind", std::string(to_string(key.second))}});
  set.counter("motoko_kernel_log_lost_total", "Kernel log records overwritten before they were read.")
      .add(static_cast<double>(log.lost));
}

void add_samba(FamilySet& set, const Observation& observation) {
  if (!observation.samba) return;
  const auto& samba = *observation.samba;
  // Up needs both halves; one that is known to be false decides alone.
  const auto not_running = samba.running ? base::Result<bool>(!*samba.running) : samba.running;
  const auto silent = samba.responding ? base::Result<bool>(!*samba.responding) : samba.responding;
  const auto down = health::any_of({&not_running, &silent});
  set.gauge("motoko_smbd_up", "1 if smbd runs and answers an SMB2 negotiate request.")
      .add(down ? base::Result<bool>(!*down) : down, {});
  set.gauge("motoko_smbd_running", "1 if a main smbd process exists.").add(samba.running, {});
  set.gauge("motoko_smbd_responding", "1 if an SMB2 negotiate request was answered in time.").add(samba.responding, {});
}

void add_collectors(FamilySet& set, const Observation& observation) {
  Family& success = set.gauge("motoko_collector_success", "1 if the source could be read.");
  Family& duration = set.gauge("motoko_collector_duration_seconds", "How long reading the source took.");
  for (const auto& run : observation.collectors) {
    success.add(run.error ? 0.0 : 1.0, {{"collector", run.name}});
    duration.add(run.duration.count(), {{"collector", run.name}});
  }
}

}  // namespace

std::string render_metrics(const Observation& observation, const health::Verdict& verdict,
                           const ProcessFacts& process) {
  FamilySet set;
  add_mount_families(set, observation, verdict);
  add_kernel_log(set, observation);
  add_samba(set, observation);
  add_collectors(set, observation);
  set.gauge("motoko_build_info", "The program that serves this.")
      .add(1, {{"version", process.version}, {"compiler", "g++ " __VERSION__}});
  set.gauge("motoko_config_last_reload_successful", "1 if the configuration in use is the newest one asked for.")
      .add(process.last_reload_successful ? 1.0 : 0.0);
  add_process_families(set);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, set.take());
  return std::move(text).str();
}

}  // namespace motoko::metrics
