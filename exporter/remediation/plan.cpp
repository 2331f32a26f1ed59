#include "exporter/remediation/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "exporter/base/lies_below.h"

namespace motoko::remediation {
namespace {

using health::FindingCode;
using health::MountVerdict;
using observation::DeviceTag;
using observation::MountObservation;
using observation::MountTable;

bool has(const MountVerdict& judged, FindingCode code) {
  return std::any_of(judged.findings.begin(), judged.findings.end(),
                     [&](const auto& finding) { return finding.code == code; });
}

bool has_critical(const MountVerdict& judged) {
  return judged.severity == health::Severity::critical;
}

std::string paths_of(const std::vector<observation::BlockDevice>& devices) {
  std::string paths;
  for (const auto& device : devices) paths += (paths.empty() ? "" : " and ") + device.path;
  return paths;
}

/// A task that waits for the disk cannot be ended, and detaching would wait with it. Where the device is known to be
/// dead or another one, that is no reason to wait.
bool only_unresponsive(const MountVerdict& judged) {
  return has(judged, FindingCode::unresponsive) && !has(judged, FindingCode::device_gone) &&
         !has(judged, FindingCode::wrong_device) && !has(judged, FindingCode::shutdown) &&
         !has(judged, FindingCode::io_error);
}

std::string ask_for_disk(const MountObservation& seen) {
  return fmt::format("no block device is {}; plug in {}, then run `motokoctl fix` again", to_string(seen.guard.device),
                     seen.guard.disk.empty() ? "the disk that carries it" : "the disk: " + seen.guard.disk);
}

/// Why it could not be mounted again. None: it could.
std::optional<std::string> why_not_mountable(const MountObservation& seen, const MountVerdict& judged) {
  if (seen.guard.device.tag == DeviceTag::other)
    return fmt::format("fstab names no block device for it ({}), and Motoko mounts only those",
                       seen.guard.device.value);
  if (!seen.candidates)
    return fmt::format("whether its device is there cannot be told: {}", seen.candidates.error().message());
  if (seen.candidates->empty()) return ask_for_disk(seen);
  if (seen.candidates->size() > 1)
    return fmt::format(
        "{} devices are {}: {}; mounting both destroys data, so remove one of them or give it another UUID "
        "(tune2fs -U random), then run `motokoctl fix` again",
        seen.candidates->size(), to_string(seen.guard.device), paths_of(*seen.candidates));
  if (only_unresponsive(judged))
    return "its disk does not answer and nothing else is known to be wrong: what waits for it cannot be ended. Look at "
           "cable, power and `dmesg`; it goes on by itself when the disk answers, else unplug it and run "
           "`motokoctl fix` again";
  return std::nullopt;
}

/// Why this mount cannot be cured now. None: it can.
std::optional<std::string> refusal(const MountObservation& seen, const MountVerdict& judged) {
  if (!has_critical(judged))
    return fmt::format("whether it is healthy cannot be told: {}; nothing is changed on a guess",
                       judged.healthy ? "" : judged.healthy.error().message());
  return why_not_mountable(seen, judged);
}

/// The layers are one and the same mount several times: any of them may stay.
bool is_one_mount_several_times(const MountObservation& seen) {
  const auto& layers = *seen.layers;
  return std::all_of(layers.begin(), layers.end(), [&](const auto& layer) {
    return layer.layer.device == layers.front().layer.device && layer.layer.root == layers.front().layer.root &&
           layer.layer.source == layers.front().layer.source;
  });
}

MountPlan remount(const MountObservation& seen, const MountVerdict& judged) {
  const bool counted = seen.ext4 && *seen.ext4 && (*seen.ext4)->errors > 0;
  const bool failed = has(judged, FindingCode::emergency_ro) || has(judged, FindingCode::shutdown) ||
                      has(judged, FindingCode::read_only) || has(judged, FindingCode::io_error) ||
                      has(judged, FindingCode::unresponsive);
  return {.guard = seen.guard,
          .cure = Cure::remount,
          .errors_seen = counted || has(judged, FindingCode::emergency_ro),
          .suspect = failed};
}

/// Null: not guarded.
const MountObservation* find_seen(const observation::Observation& observation, const std::string& path) {
  const auto found = std::find_if(observation.mounts.begin(), observation.mounts.end(),
                                  [&](const auto& mount) { return mount.guard.path == path; });
  return found == observation.mounts.end() ? nullptr : &*found;
}

bool is_planned(const Plan& plan, const std::string& path) {
  return std::any_of(plan.mounts.begin(), plan.mounts.end(),
                     [&](const auto& mount) { return mount.guard.path == path; });
}

/// The rows that go with a layer: those mounted on it, on those, and so on.
std::set<int> rows_that_go(const observation::Observation& observation, const MountTable& table, const Plan& plan) {
  std::set<int> ids;
  for (const auto& mount : plan.mounts) {
    const auto& layers = find_seen(observation, mount.guard.path)->layers;
    const std::size_t first = mount.cure == Cure::peel ? 1 : 0;
    for (std::size_t i = first; layers && i < layers->size(); ++i) ids.insert((*layers)[i].layer.id);
  }
  for (std::size_t before = 0; before != ids.size();) {
    before = ids.size();
    for (const auto& row : table)
      if (ids.contains(row.parent_id)) ids.insert(row.id);
  }
  return ids;
}

/// What is mounted below a layer that must go, and is guarded, goes with it and comes back with it. What is not guarded
/// would not come back: then nothing is done.
void follow_what_is_mounted_below(const observation::Observation& observation, const health::Verdict& verdict,
                                  const MountTable& table, Plan& plan) {
  std::set<std::string> reported;
  const auto refuse = [&](const std::string& path, const std::string& reason) {
    if (reported.insert(path).second) plan.refusals.push_back({path, reason});
  };
  const auto going = rows_that_go(observation, table, plan);
  for (const auto& row : table) {
    if (!going.contains(row.id) || is_planned(plan, row.target)) continue;
    const auto* const guarded = find_seen(observation, row.target);
    if (!guarded) {
      refuse(row.target,
             fmt::format("{} ({}) is mounted below a mount that must be detached and would be lost with it; "
                         "unmount it first, or guard it too",
                         row.target, row.source));
      continue;
    }
    const auto& judged = verdict.mounts[static_cast<std::size_t>(guarded - observation.mounts.data())];
    if (const auto why = why_not_mountable(*guarded, judged))
      refuse(row.target, "it would be detached with the mount above it, and could not come back: " + *why);
    else
      plan.mounts.push_back(remount(*guarded, judged));
  }
  // A child that comes back is mounted on what lies below it then: Samba must not serve meanwhile.
  for (auto& mount : plan.mounts)
    if (mount.cure == Cure::peel && std::any_of(plan.mounts.begin(), plan.mounts.end(), [&](const auto& child) {
          return base::lies_below(child.guard.path, mount.guard.path);
        }))
      mount.cure = Cure::remount;
}

/// A dead superblock that is mounted at yet another place cannot go, and would come back dead.
void refuse_where_mounted_elsewhere(const observation::Observation& observation, const MountTable& table, Plan& plan) {
  for (const auto& mount : plan.mounts) {
    if (mount.cure != Cure::remount || !mount.suspect) continue;
    const auto& candidates = find_seen(observation, mount.guard.path)->candidates;
    if (!candidates || candidates->size() != 1) continue;
    for (const auto& row : table) {
      if (row.device == candidates->front().number && !is_planned(plan, row.target)) {
        plan.refusals.push_back(
            {mount.guard.path,
             fmt::format("its file system is also mounted on {}, which keeps it dead; `umount -l {}`, then "
                         "run `motokoctl fix` again",
                         row.target, row.target)});
        break;
      }
    }
  }
}

}  // namespace

Plan make_plan(const observation::Observation& observation, const health::Verdict& verdict, const MountTable& table) {
  Plan plan;
  bool all_healthy = true;
  for (std::size_t i = 0; i < observation.mounts.size(); ++i) {
    const auto& seen = observation.mounts[i];
    const auto& judged = verdict.mounts[i];
    const bool healthy = judged.healthy && *judged.healthy;
    if (healthy) {
      if (!judged.state.duplicates || *judged.state.duplicates == 0) continue;
      if (auto why = why_not_mountable(seen, judged))
        plan.refusals.push_back({seen.guard.path, std::move(*why)});
      else if (is_one_mount_several_times(seen))
        plan.mounts.push_back({.guard = seen.guard, .cure = Cure::peel});
      else  // a directory of it, or the like: what is left might not be what fstab names
        plan.mounts.push_back(remount(seen, judged));
      continue;
    }
    all_healthy = false;
    if (auto reason = refusal(seen, judged))
      plan.refusals.push_back({seen.guard.path, std::move(*reason)});
    else
      plan.mounts.push_back(remount(seen, judged));
  }
  follow_what_is_mounted_below(observation, verdict, table, plan);
  refuse_where_mounted_elsewhere(observation, table, plan);
  std::stable_sort(plan.mounts.begin(), plan.mounts.end(), [](const auto& left, const auto& right) {
    return std::count(left.guard.path.begin(), left.guard.path.end(), '/') <
           std::count(right.guard.path.begin(), right.guard.path.end(), '/');
  });
  if (observation.samba) {
    const bool remounts = std::any_of(plan.mounts.begin(), plan.mounts.end(),
                                      [](const auto& mount) { return mount.cure == Cure::remount; });
    plan.stop_samba = remounts;
    plan.start_samba = remounts || (all_healthy && !verdict.findings.empty());
    if (plan.mounts.empty() && verdict.findings.empty())
      for (const auto& undecided : verdict.undecided)
        plan.refusals.push_back({"", "whether Samba serves cannot be told: " + undecided.reason.message()});
  }
  if (!plan.refusals.empty()) {
    plan.mounts.clear();
    plan.stop_samba = plan.start_samba = false;
  }
  return plan;
}

std::vector<SeenFinding> findings_of(const health::Verdict& verdict) {
  std::vector<SeenFinding> all;
  for (const auto& mount : verdict.mounts)
    for (const auto& finding : mount.findings) all.push_back({mount.path, finding});
  for (const auto& finding : verdict.findings) all.push_back({"", finding});
  return all;
}

}  // namespace motoko::remediation
