// The history of runs: state_dir/history.db, in SQLite. `motokoctl fix` writes it as root while the daemon, an
// unprivileged user that owns the directory, reads and writes it too.
//
// With a rollback journal and not a write-ahead log: a log needs a shared memory file, which the other user could
// truncate under root's feet (SIGBUS), and which people who may only read the history could not make. The price, that
// writers and readers wait for each other, is milliseconds here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/remediation/database.h"
#include "exporter/remediation/gate.h"
#include "exporter/remediation/run.h"
#include "exporter/remediation/run_totals.h"

namespace motoko::remediation {

/// Older runs are removed; what they count for in totals and gate stays.
inline constexpr std::size_t kKeptRuns = 1000;

/// How a run ended.
struct RunEnd {
  RunOutcome outcome = RunOutcome::failed;
  std::string detail{};
  std::vector<SeenFinding> findings_after{};
  base::WallTime at{};
};

/// Every call is one transaction: success means that it is on the disk and survives a loss of power; an error, that
/// nothing changed. Errors name the file, and compare equal to std::errc: no_space_on_device, permission_denied,
/// device_or_resource_busy (another process kept it locked for seconds), bad_message (it is damaged: open it again,
/// which moves it aside), invalid_argument (the run or the step is not under way). Details are cut off after 64 KiB.
/// Times may go backwards: order is that of ids, never of times.
/// One object is for one thread at a time, and not for use across fork; any number of objects and processes may share
/// the file. Calls block on the disk of state_dir.
class History {
 public:
  /// Makes the directory and the file where there are none: files belong to the directory's owner, mode 0640. A damaged
  /// file is moved aside and a new one begun; see moved_aside(). Errors: state_dir cannot be used; a newer version
  /// wrote the file (not_supported), which stays as it is; history.db is something else than a regular file.
  static Result<History> open(const std::string& state_dir);

  /// For whoever may read the file; changes nothing. A missing file, or directory, is an empty history. Everything that
  /// writes fails with permission_denied.
  static Result<History> open_read_only(const std::string& state_dir);

  /// Where the damaged file is that this one replaces, and with it all runs until then: to be logged.
  [[nodiscard]] const std::optional<std::string>& moved_aside() const { return moved_aside_; }

  // Writing a run.

  /// Returns its id.
  Result<std::int64_t> begin_run(const std::string& trigger, const std::vector<SeenFinding>& findings_before,
                                 base::WallTime now);
  /// Before the step does anything. `index` counts from 0; the step's outcome is not looked at.
  Status begin_step(std::int64_t run, std::size_t index, const StepRecord& step);
  /// Requires an outcome. Name and mountpoint stay as begun.
  Status end_step(std::int64_t run, std::size_t index, const StepRecord& step);
  /// Before the first step that changes the host.
  Status mark_changed(std::int64_t run);
  /// Any outcome but busy and interrupted. A failure opens the circuit where `policy` says so, in the same transaction.
  Status end_run(std::int64_t run, const RunEnd& end, const GatePolicy& policy);
  /// A run that ended as it began and changed nothing: healthy, refused, suppressed, shadow. Its id is not looked at;
  /// returns the new one.
  Result<std::int64_t> record(const RunRecord& run);
  /// Ends all runs that are under way as interrupted, with the step that they were in as their detail; returns them,
  /// newest first. Only for who holds the run lock: then nobody else can be in them.
  Result<std::vector<RunRecord>> interrupt_open_runs(base::WallTime now);

  // The gate.

  /// Facts in the future (the clock was put back) are pulled to `now`, in the file too where it may be written, so that
  /// they count as just now and age from here on.
  Result<GateState> gate_state(base::WallTime now);
  /// Forgets the failures until now. True: the circuit was open.
  Result<bool> reset_circuit();

  // Reading. Newest first, with steps and findings.

  Result<std::vector<RunRecord>> runs(std::size_t limit = kKeptRuns);
  Result<std::optional<RunRecord>> run(std::int64_t id);
  /// For the metrics: of all runs since the file began.
  Result<OutcomeTotals> outcome_totals();
  Result<LastRunTimes> last_run_times();
  Result<StepDurations> step_durations();

 private:
  History(std::string state_dir, std::optional<Database> database, Access access) noexcept;
  /// Opens history.db again where it was removed, or moved aside as damaged by another process.
  Status follow_file();
  Status write(std::string_view what, const std::function<Status(Database&)>& body);
  Status read(const std::function<Status(Database&)>& body);
  Status end_in(Database& database, RunRecord& run, const GatePolicy& policy);

  std::string state_dir_;
  Access access_;
  std::optional<Database> database_;  // none: read-only, and there is no history yet
  std::optional<std::string> moved_aside_;
};

}  // namespace motoko::remediation
