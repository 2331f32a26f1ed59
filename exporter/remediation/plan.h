// What a fix will do, decided from one observation and its verdict alone. Pure: the same sight gives the same plan.
#pragma once

#include <string>
#include <vector>

#include "exporter/health/verdict.h"
#include "exporter/observation/observation.h"
#include "exporter/remediation/run.h"

namespace motoko::remediation {

enum class Cure {
  peel,     // detach superfluous layers over the one healthy file system; Samba is not touched
  remount,  // detach every layer, mount anew
};

struct MountPlan {
  observation::GuardedMount guard;
  Cure cure = Cure::remount;
  bool errors_seen = false;  // ext4 recorded errors while it was mounted: to be checked before it is mounted again
  bool suspect = false;      // its own superblock is what failed: one that lives on must not be mounted again
  bool operator==(const MountPlan&) const = default;
};

/// Why nothing is done, and what a person should do.
struct Refusal {
  std::string mountpoint;  // empty: about the whole host
  std::string reason;
  bool operator==(const Refusal&) const = default;
};

struct Plan {
  std::vector<MountPlan> mounts;  // parents before what is mounted below them
  bool stop_samba = false;
  bool start_samba = false;
  std::vector<Refusal> refusals;  // not empty: nothing is to be done
  bool operator==(const Plan&) const = default;

  [[nodiscard]] bool nothing_to_do() const { return mounts.empty() && !start_samba && refusals.empty(); }
};

/// `table`: the mount table, for what else is mounted below a mount that must go.
[[nodiscard]] Plan make_plan(const observation::Observation& observation, const health::Verdict& verdict,
                             const observation::MountTable& table);

/// All findings of a verdict with their places.
[[nodiscard]] std::vector<SeenFinding> findings_of(const health::Verdict& verdict);

}  // namespace motoko::remediation
