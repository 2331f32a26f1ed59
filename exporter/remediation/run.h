// What a run of the fix is made of: its steps, what it saw, how it ended. Kept by history, printed by the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/health/finding.h"

namespace motoko::remediation {

/// In the order in which they run.
enum class StepName {
  stop_samba,
  detach_layers,
  release_holders,
  check_filesystem,
  mount,
  verify_mount,
  start_samba,
  verify_samba,
  settle,
};

enum class StepOutcome { done, failed, skipped, refused };

enum class RunOutcome {
  healthy,      // there was nothing to do
  fixed,        // proved by a fresh observation, after settling
  failed,       // a step failed; what is left stopped stands in the run's detail
  refused,      // nothing was changed, because a person has to do something first
  shadow,       // planned only: remediation.mode is shadow, or a dry run
  suppressed,   // nothing was changed: cooldown, or the circuit is open
  busy,         // another run holds the lock; never in the history
  interrupted,  // killed; recorded by the next one
};

[[nodiscard]] std::string_view to_string(StepName name);
[[nodiscard]] std::string_view to_string(StepOutcome outcome);
[[nodiscard]] std::string_view to_string(RunOutcome outcome);
[[nodiscard]] std::optional<StepName> step_name_of(std::string_view text);
[[nodiscard]] std::optional<StepOutcome> step_outcome_of(std::string_view text);
[[nodiscard]] std::optional<RunOutcome> run_outcome_of(std::string_view text);

struct StepRecord {
  StepName name = StepName::settle;
  std::string mountpoint;              // empty: about the whole host
  std::optional<StepOutcome> outcome;  // none: it runs, or the run was killed in it
  base::Seconds duration{0};
  std::string detail;  // for people: what was done, or why not and what to do
  bool operator==(const StepRecord&) const = default;
};

/// A finding and where it was; an empty mountpoint is the whole host (Samba).
struct SeenFinding {
  std::string mountpoint;
  health::Finding finding;
  bool operator==(const SeenFinding&) const = default;
};

struct RunRecord {
  std::int64_t id = 0;  // 1, 2, 3, ... in the order in which they started; 0: not in the history
  std::string trigger;  // "command line", "timer", "webhook ..."
  base::WallTime started;
  std::optional<base::WallTime> ended;  // none: it runs, or was killed
  std::optional<RunOutcome> outcome;    // none: as ended
  bool changed = false;                 // a step that changes the host was begun
  std::vector<SeenFinding> findings_before;
  std::vector<SeenFinding> findings_after;
  std::vector<StepRecord> steps;
  std::string detail;  // for people: one or more sentences
  bool operator==(const RunRecord&) const = default;
};

}  // namespace motoko::remediation
