// The judgement of one observation: every rule applied to every mount.
#pragma once

#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/health/finding.h"
#include "exporter/health/mount_state.h"
#include "exporter/observation/observation.h"

namespace motoko::health {

/// A rule that could not be decided, and why.
struct Undecided {
  FindingCode code = FindingCode::not_mounted;
  base::Error reason;
  bool operator==(const Undecided&) const = default;
};

struct MountVerdict {
  std::string path;
  MountState state;
  std::vector<Finding> findings;
  std::vector<Undecided> undecided;
  base::Result<bool> healthy;  // no critical finding; unknown where a rule of that severity could not be decided
  Severity severity = Severity::unknown;
  bool operator==(const MountVerdict&) const = default;
};

struct Verdict {
  Severity severity = Severity::unknown;
  std::vector<MountVerdict> mounts;  // as in the observation
  std::vector<Finding> findings;     // host-wide: Samba
  std::vector<Undecided> undecided;  // host-wide
  std::vector<std::string> unread;   // sources that failed, for people
  bool operator==(const Verdict&) const = default;

  /// Nothing critical was found and everything could be looked at.
  [[nodiscard]] bool healthy() const { return severity == Severity::ok || severity == Severity::warning; }
};

/// Pure: the same observation gives the same verdict.
[[nodiscard]] Verdict evaluate(const observation::Observation& observation);

}  // namespace motoko::health
