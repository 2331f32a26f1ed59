#include <nlohmann/json.hpp>

#include "exporter/base/text.h"
#include "exporter/health/report.h"
#include "exporter/health/rules.h"

namespace motoko::health {
namespace {

using Json = nlohmann::ordered_json;
using base::Result;
using base::valid_utf8;
using observation::MountObservation;

template <typename T>
Json known(const Result<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json finding_json(const Finding& finding) {
  return {{"code", to_string(finding.code)},
          {"severity", to_string(severity_of(finding.code))},
          {"detail", valid_utf8(finding.detail)}};
}

Json undecided_json(const std::vector<Undecided>& undecided) {
  Json json = Json::array();
  for (const auto& item : undecided)
    json.push_back({{"code", to_string(item.code)}, {"reason", valid_utf8(item.reason.message())}});
  return json;
}

Json layers_json(const MountObservation& mount) {
  if (!mount.layers) return nullptr;
  Json json = Json::array();
  for (const auto& layer : *mount.layers)
    json.push_back({{"device", valid_utf8(layer.layer.source)},
                    {"fstype", valid_utf8(layer.layer.fs_type)},
                    {"device_exists", known(layer.device_exists)},
                    {"shutdown", layer.flags ? Json(layer.flags->shutdown) : Json(nullptr)},
                    {"emergency_ro", layer.flags ? Json(layer.flags->emergency_ro) : Json(nullptr)},
                    {"read_only", layer.flags ? Json(layer.flags->read_only) : Json(nullptr)}});
  return json;
}

Json probes_json(const MountObservation& mount) {
  Json json = Json::object();
  if (!mount.probes) return json;
  const auto add = [&](const char* name, const Result<observation::ProbeOutcome>& probe) {
    if (!probe) return;
    json[name] = {{"success", !probe->error},
                  {"duration_seconds", probe->duration.count()},
                  {"error", probe->error ? Json(valid_utf8(probe->error->message())) : Json(nullptr)}};
  };
  add("statfs", mount.probes->statfs);
  add("read", mount.probes->read);
  add("write", mount.probes->write);
  return json;
}

Json space_json(const MountObservation& mount, const MountState& state) {
  if (!mount.probes || !mount.probes->usage || (state.stale && *state.stale)) return nullptr;
  const auto& usage = *mount.probes->usage;
  return {{"size_bytes", usage.size_bytes},
          {"available_bytes", usage.available_bytes},
          {"min_available_bytes", known(min_available_bytes(mount))}};
}

Json backups_json(const MountObservation& mount) {
  if (!mount.backups || !*mount.backups) return nullptr;
  Json json = Json::array();
  for (const auto& bundle : **mount.backups)
    json.push_back({{"bundle", valid_utf8(bundle.name)},
                    {"last_backup", bundle.newest ? Json(base::format_time(*bundle.newest)) : Json(nullptr)}});
  return json;
}

Json mount_json(const MountObservation& seen, const MountVerdict& judged) {
  Json findings = Json::array();
  for (const auto& finding : judged.findings) findings.push_back(finding_json(finding));
  Json candidates = nullptr;
  if (seen.candidates) {
    candidates = Json::array();
    for (const auto& device : *seen.candidates) candidates.push_back(valid_utf8(device.path));
  }
  return {{"path", valid_utf8(seen.guard.path)},
          {"healthy", judged.healthy.value_or(false)},
          {"severity", to_string(judged.severity)},
          {"findings", std::move(findings)},
          {"undecided", undecided_json(judged.undecided)},
          {"expected", valid_utf8(to_string(seen.guard.device))},
          {"expected_devices", std::move(candidates)},
          {"mounted", known(judged.state.present)},
          {"stale", known(judged.state.stale)},
          {"layers", layers_json(seen)},
          {"probes", probes_json(seen)},
          {"space", space_json(seen, judged.state)},
          {"recent_kernel_errors", known(seen.recent_kernel_errors)},
          {"guarded", known(seen.guarded)},
          {"backups", backups_json(seen)}};
}

}  // namespace

std::string report_json(const observation::Observation& observation, const Verdict& verdict) {
  Json mounts = Json::array();
  Json findings = Json::array();  // all of them, so that a program need not walk the mounts
  for (std::size_t i = 0; i < observation.mounts.size(); ++i) {
    mounts.push_back(mount_json(observation.mounts[i], verdict.mounts[i]));
    for (const auto& finding : verdict.mounts[i].findings) {
      Json json = finding_json(finding);
      json["mountpoint"] = valid_utf8(verdict.mounts[i].path);
      findings.push_back(std::move(json));
    }
  }
  for (const auto& finding : verdict.findings) findings.push_back(finding_json(finding));

  Json samba = {{"enabled", false}, {"up", nullptr}};
  if (observation.samba) {
    const auto& seen = *observation.samba;
    const bool both_known = seen.running && seen.responding;
    const bool down = (seen.running && !*seen.running) || (seen.responding && !*seen.responding);
    samba = {{"enabled", true},
             {"up", both_known && !down},
             {"running", known(seen.running)},
             {"responding", known(seen.responding)},
             {"detail", valid_utf8(seen.detail)}};
  }
  Json unread = Json::array();
  for (const auto& source : verdict.unread) unread.push_back(valid_utf8(source));

  const Json report = {{"healthy", verdict.healthy()},
                       {"severity", to_string(verdict.severity)},
                       {"time", base::format_time(observation.time.wall)},
                       {"mounts", std::move(mounts)},
                       {"samba", std::move(samba)},
                       {"findings", std::move(findings)},
                       {"undecided", undecided_json(verdict.undecided)},
                       {"unread", std::move(unread)}};
  return report.dump() + "\n";
}

}  // namespace motoko::health
