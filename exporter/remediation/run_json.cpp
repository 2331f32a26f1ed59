#include "exporter/remediation/run_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "exporter/base/text.h"

namespace motoko::remediation {
namespace {

using Json = nlohmann::ordered_json;
using base::valid_utf8;

Json findings_json(const std::vector<SeenFinding>& findings) {
  Json json = Json::array();
  for (const auto& [mountpoint, finding] : findings)
    json.push_back({{"mountpoint", valid_utf8(mountpoint)},
                    {"code", health::to_string(finding.code)},
                    {"severity", health::to_string(health::severity_of(finding.code))},
                    {"detail", valid_utf8(finding.detail)}});
  return json;
}

/// To the microsecond: more digits are noise.
Json seconds_json(base::Seconds duration) {
  constexpr double kMicroseconds = 1e6;
  return std::round(duration.count() * kMicroseconds) / kMicroseconds;
}

Json steps_json(const std::vector<StepRecord>& steps) {
  Json json = Json::array();
  for (const auto& step : steps)
    json.push_back({{"name", to_string(step.name)},
                    {"mountpoint", valid_utf8(step.mountpoint)},
                    {"outcome", step.outcome ? Json(to_string(*step.outcome)) : Json(nullptr)},
                    {"duration_seconds", step.outcome ? seconds_json(step.duration) : Json(nullptr)},
                    {"detail", valid_utf8(step.detail)}});
  return json;
}

Json json_of(const RunRecord& run) {
  return {{"run", run.id == 0 ? Json(nullptr) : Json(run.id)},
          {"outcome", run.outcome ? Json(to_string(*run.outcome)) : Json(nullptr)},
          {"trigger", valid_utf8(run.trigger)},
          {"started", base::format_time(run.started)},
          {"ended", run.ended ? Json(base::format_time(*run.ended)) : Json(nullptr)},
          {"changed", run.changed},
          {"detail", valid_utf8(run.detail)},
          {"findings_before", findings_json(run.findings_before)},
          {"findings_after", findings_json(run.findings_after)},
          {"steps", steps_json(run.steps)}};
}

}  // namespace

std::string run_json(const RunRecord& run) {
  return json_of(run).dump() + "\n";
}

std::string history_json(const std::vector<RunRecord>& runs) {
  Json json = Json::array();
  for (const auto& run : runs) json.push_back(json_of(run));
  return json.dump() + "\n";
}

}  // namespace motoko::remediation
