#include "exporter/health/verdict.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/health/rules.h"

namespace motoko::health {
namespace {

struct NamedRule {
  FindingCode code;
  MountRule rule;
};

/// In the order in which a person should read the findings.
constexpr std::array kMountRules = {
    NamedRule{FindingCode::not_mounted, check_not_mounted},
    NamedRule{FindingCode::device_missing, check_device_missing},
    NamedRule{FindingCode::device_gone, check_device_gone},
    NamedRule{FindingCode::wrong_device, check_wrong_device},
    NamedRule{FindingCode::shutdown, check_shutdown},
    NamedRule{FindingCode::emergency_ro, check_emergency_ro},
    NamedRule{FindingCode::read_only, check_read_only},
    NamedRule{FindingCode::unresponsive, check_unresponsive},
    NamedRule{FindingCode::io_error, check_io_error},
    NamedRule{FindingCode::stale_layer, check_stale_layer},
    NamedRule{FindingCode::stacked, check_stacked},
    NamedRule{FindingCode::device_ambiguous, check_device_ambiguous},
    NamedRule{FindingCode::detached_superblock, check_detached_superblock},
    NamedRule{FindingCode::shadowed_entries, check_shadowed_entries},
    NamedRule{FindingCode::space_low, check_space_low},
    NamedRule{FindingCode::kernel_errors, check_kernel_errors},
    NamedRule{FindingCode::backup_overdue, check_backup_overdue},
};

Severity worst(const std::vector<Finding>& findings, const std::vector<Undecided>& undecided) {
  Severity severity = undecided.empty() ? Severity::ok : Severity::unknown;
  for (const auto& finding : findings) severity = std::max(severity, severity_of(finding.code));
  return severity;
}

void add(FindingCode code, Judgement judgement, std::vector<Finding>& findings, std::vector<Undecided>& undecided) {
  if (!judgement)
    undecided.push_back({code, std::move(judgement.error())});
  else if (*judgement)
    findings.push_back(std::move(**judgement));
}

MountVerdict judge(const observation::MountObservation& mount, const observation::Observation& observation) {
  MountVerdict verdict{
      .path = mount.guard.path, .state = mount_state(mount), .findings = {}, .undecided = {}, .healthy = true};
  const JudgedMount judged{mount, verdict.state, observation.time, observation.kernel_log_window};
  for (const auto& [code, rule] : kMountRules) add(code, rule(judged), verdict.findings, verdict.undecided);
  verdict.severity = worst(verdict.findings, verdict.undecided);
  if (verdict.severity == Severity::critical) {
    verdict.healthy = false;
    return verdict;
  }
  const auto doubt = std::find_if(verdict.undecided.begin(), verdict.undecided.end(),
                                  [](const Undecided& item) { return severity_of(item.code) == Severity::critical; });
  if (doubt != verdict.undecided.end()) verdict.healthy = tl::unexpected(doubt->reason);
  return verdict;
}

}  // namespace

Verdict evaluate(const observation::Observation& observation) {
  Verdict verdict;
  for (const auto& mount : observation.mounts) verdict.mounts.push_back(judge(mount, observation));
  if (observation.samba)
    add(FindingCode::smbd_down, check_smbd_down(*observation.samba), verdict.findings, verdict.undecided);
  for (const auto& collector : observation.collectors)
    if (collector.error) verdict.unread.push_back(collector.name + ": " + collector.error->message());
  if (observation.mounts.empty()) verdict.unread.emplace_back("there is nothing to watch");

  verdict.severity = worst(verdict.findings, verdict.undecided);
  if (!verdict.unread.empty()) verdict.severity = std::max(verdict.severity, Severity::unknown);
  for (const auto& mount : verdict.mounts) verdict.severity = std::max(verdict.severity, mount.severity);
  return verdict;
}

}  // namespace motoko::health
