#include "exporter/app/fix.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "exporter/app/real_host.h"
#include "exporter/app/samba_service.h"
#include "exporter/base/logging.h"
#include "exporter/base/text.h"
#include "exporter/remediation/dry_run_host.h"
#include "exporter/remediation/gate.h"
#include "exporter/remediation/history.h"
#include "exporter/remediation/intention.h"
#include "exporter/remediation/plan.h"
#include "exporter/remediation/run_lock.h"

namespace motoko::app {
namespace {

using config::RemediationMode;
using remediation::History;
using remediation::Plan;
using remediation::RunListener;
using remediation::RunOutcome;
using remediation::RunRecord;
using remediation::StepRecord;

/// Why this process must not change mounts at all. None: it may.
std::optional<std::string> why_not_here(const CommonFlags& flags) {
  if (::geteuid() != 0) return "only root can detach and mount: run it as root (sudo motokoctl fix)";
  const auto namespace_of = [&](const char* process) -> std::optional<std::string> {
    char target[64] = {};
    const std::string link = flags.paths.procfs + "/" + process + "/ns/mnt";
    if (::readlink(link.c_str(), target, sizeof target - 1) <= 0) return std::nullopt;
    return target;
  };
  const auto host = namespace_of("1");
  const auto ours = namespace_of("self");
  if (!host || !ours)
    return fmt::format("whether this is the host's mount namespace cannot be told from {}", flags.paths.procfs);
  if (*host != *ours)
    return "this is not the host's mount namespace, so a mount made here would not be the host's: in a unit, remove "
           "PrivateMounts=, ProtectSystem= and the like; in a container, run it on the host (nsenter -t 1 -m)";
  return std::nullopt;
}

remediation::StepPolicy step_policy(const config::RemediationConfig& config) {
  remediation::StepPolicy policy;
  switch (config.fsck) {
    case config::FsckPolicy::never:
      policy.fsck = remediation::FsckPolicy::never;
      break;
    case config::FsckPolicy::on_errors:
      policy.fsck = remediation::FsckPolicy::on_errors;
      break;
    case config::FsckPolicy::always:
      policy.fsck = remediation::FsckPolicy::always;
      break;
  }
  policy.kill_holders = config.kill_holders;
  policy.settle = config.settle;
  return policy;
}

std::string text_of(const std::vector<remediation::Refusal>& refusals) {
  std::string text;
  for (const auto& refusal : refusals)
    text += fmt::format("{}{}{}{}", text.empty() ? "" : " ", refusal.mountpoint, refusal.mountpoint.empty() ? "" : ": ",
                        refusal.reason + ".");
  return text;
}

/// Writes each step down before and after, then tells the one who watches.
class Recorder : public RunListener {
 public:
  Recorder(History& history, std::int64_t run, RunListener& next) : history_(history), run_(run), next_(next) {}
  void run_began(const std::vector<remediation::SeenFinding>& findings) override { next_.run_began(findings); }
  void step_began(std::size_t index, const StepRecord& step) override {
    keep(history_.begin_step(run_, index, step));
    next_.step_began(index, step);
  }
  void step_ended(std::size_t index, const StepRecord& step) override {
    keep(history_.end_step(run_, index, step));
    next_.step_ended(index, step);
  }

 private:
  /// A history that can no longer be written to must not stop a cure half way.
  void keep(const base::Status& written) {
    if (!written && !std::exchange(warned_, true))
      base::log_error("the history cannot be written to", {{"error", written.error().message()}});
  }

  History& history_;
  std::int64_t run_;
  RunListener& next_;
  bool warned_ = false;
};

/// Looks and plans, and knows the outcome where nothing is to be carried out.
struct Outlook {
  observation::Observation observation;
  Plan plan;
  RunRecord record;  // with `outcome` where the run ends here
};

/// An e2fsck that a person runs takes hours; Samba must not be stopped for nothing meanwhile.
void refuse_where_another_program_has_the_device(RealHost& host, Outlook& outlook) {
  for (const auto& mount : outlook.plan.mounts) {
    const auto devices = host.devices_of(mount.guard);
    if (mount.cure != remediation::Cure::remount || !devices || devices->size() != 1) continue;
    const auto in_use = host.device_in_use(devices->front());
    const auto alive = host.superblock_alive(devices->front());
    if (in_use && *in_use && alive && !*alive)
      outlook.plan.refusals.push_back(
          {mount.guard.path, fmt::format("another program has {} for itself, such as e2fsck, LVM or md; wait until it "
                                         "ends, then run `motokoctl fix` again",
                                         devices->front().path)});
  }
}

/// In doubt (an older kernel whose log no longer reaches back to the mount) a write tells.
observation::Observation look_well(RealHost& host, bool may_write) {
  auto seen = host.look_without_writing();
  const auto verdict = health::evaluate(seen);
  const bool doubt = std::any_of(verdict.mounts.begin(), verdict.mounts.end(), [](const auto& mount) {
    return !mount.healthy && mount.severity != health::Severity::critical;
  });
  return doubt && may_write ? host.look() : seen;
}

Outlook look_and_plan(RealHost& host, RunRecord record, bool may_write) {
  Outlook outlook{.observation = look_well(host, may_write), .plan = {}, .record = std::move(record)};
  const auto verdict = health::evaluate(outlook.observation);
  outlook.record.findings_before = outlook.record.findings_after = remediation::findings_of(verdict);
  const auto table = host.mount_table();
  if (!table) {
    outlook.plan.refusals.push_back({"", "the mount table cannot be read: " + table.error().message()});
  } else {
    outlook.plan = remediation::make_plan(outlook.observation, verdict, *table);
  }
  refuse_where_another_program_has_the_device(host, outlook);
  if (outlook.observation.mounts.empty())
    outlook.plan.refusals.push_back({"", "no mount is guarded, so there is nothing to judge Samba by"});
  if (!outlook.plan.refusals.empty()) {
    outlook.record.outcome = RunOutcome::refused;
    outlook.record.detail = text_of(outlook.plan.refusals);
  } else if (outlook.plan.nothing_to_do()) {
    outlook.record.outcome = RunOutcome::healthy;
    outlook.record.detail = "every guarded mount is healthy";
    if (outlook.observation.samba) outlook.record.detail += " and Samba serves";
  }
  return outlook;
}

/// The same steps, on a host that only imagines.
void imagine(const Outlook& outlook, RealHost& host, const remediation::StepPolicy& policy, RunRecord& record,
             RunListener& listener) {
  remediation::DryRunHost imagined(
      outlook.observation, [&](const observation::BlockDevice& device) { return host.errors_recorded(device); });
  const auto result = remediation::run_plan(outlook.plan, imagined, policy, listener);
  record.steps = result.steps;
  for (auto& step : record.steps) {
    step.detail = remediation::intention_of(step);
    step.outcome = remediation::StepOutcome::skipped;
    step.duration = base::Seconds(0);
  }
  record.outcome = RunOutcome::shadow;
  record.detail = "nothing was changed";
}

RunRecord refused(RunRecord record, std::string why) {
  record.outcome = RunOutcome::refused;
  record.detail = std::move(why);
  return record;
}

class NoListener : public RunListener {
 public:
  void run_began(const std::vector<remediation::SeenFinding>&) override {}
  void step_began(std::size_t, const StepRecord&) override {}
  void step_ended(std::size_t, const StepRecord&) override {}
};

RunRecord dry_run(RealHost& host, const remediation::StepPolicy& policy, RunRecord record) {
  auto outlook = look_and_plan(host, std::move(record), false);
  if (outlook.record.outcome) return outlook.record;
  NoListener nobody;
  imagine(outlook, host, policy, outlook.record, nobody);
  return outlook.record;
}

/// Writes a run down that changes nothing.
RunRecord at_once(History& history, RunRecord record) {
  record.ended = base::now().wall;
  if (const auto id = history.record(record))
    record.id = *id;
  else
    base::log_error("the history cannot be written to", {{"error", id.error().message()}});
  return record;
}

/// With the lock held.
RunRecord go(History& history, RealHost& host, const config::Config& all, RunRecord record, bool force,
             RunListener& listener) {
  const auto& config = all.remediation;
  const auto policy = step_policy(config);
  const remediation::GatePolicy gate_policy{
      .cooldown = config.cooldown, .max_attempts = config.max_attempts, .attempt_window = config.attempt_window};
  auto outlook = look_and_plan(host, std::move(record), true);
  if (outlook.record.outcome) return at_once(history, std::move(outlook.record));
  if (config.mode == RemediationMode::shadow) {
    NoListener nobody;
    imagine(outlook, host, policy, outlook.record, nobody);
    outlook.record.detail = "remediation.mode is shadow: nothing was changed";
    return at_once(history, std::move(outlook.record));
  }
  const auto state = history.gate_state(base::now().wall);
  if (!state) return refused(std::move(outlook.record), state.error().message());
  const auto decision = remediation::gate(*state, gate_policy, base::now().wall);
  if (!force && !std::holds_alternative<remediation::Allowed>(decision)) {
    outlook.record.outcome = RunOutcome::suppressed;
    outlook.record.detail = remediation::describe(decision);
    return at_once(history, std::move(outlook.record));
  }

  record = std::move(outlook.record);
  const auto id = history.begin_run(record.trigger, record.findings_before, record.started);
  if (!id) return refused(std::move(record), id.error().message() + "; a run that cannot be recorded is not begun");
  record.id = *id;
  if (const auto marked = history.mark_changed(*id); !marked)
    return refused(std::move(record), marked.error().message());
  record.changed = true;
  Recorder recorder(history, *id, listener);
  recorder.run_began(record.findings_before);
  const auto result = remediation::run_plan(outlook.plan, host, policy, recorder);
  record.outcome = result.outcome;
  record.steps = result.steps;
  record.detail = result.detail;
  record.findings_after = remediation::findings_of(health::evaluate(host.look()));
  record.ended = base::now().wall;
  const auto ended = history.end_run(*id,
                                     {.outcome = result.outcome,
                                      .detail = record.detail,
                                      .findings_after = record.findings_after,
                                      .at = *record.ended},
                                     gate_policy);
  if (!ended) base::log_error("the history cannot be written to", {{"error", ended.error().message()}});
  return record;
}

}  // namespace

RunRecord run_fix(const CommonFlags& flags, const Setup& setup, sources::DiskWorkers& workers,
                  const FixRequest& request, RunListener& listener) {
  const auto& config = setup.config.remediation;
  RunRecord record{.id = 0,
                   .trigger = request.trigger,
                   .started = base::now().wall,
                   .ended = {},
                   .outcome = {},
                   .changed = false,
                   .findings_before = {},
                   .findings_after = {},
                   .steps = {},
                   .detail = {}};
  const auto samba = make_samba_service(setup.config);
  RealHost host(flags.paths, setup, workers, samba.get());
  if (request.dry_run) return dry_run(host, step_policy(config), std::move(record));

  if (const auto why = why_not_here(flags)) return refused(std::move(record), *why);
  // Started from within the dead file system, this process would be what holds it.
  if (::chdir("/") != 0) return refused(std::move(record), "cannot change to the directory /");
  if (config.mode == RemediationMode::off)
    return refused(std::move(record), "remediation.mode is off in the configuration; set it to on");
  const auto lock = remediation::RunLock::acquire(config.state_dir);
  if (!lock) return refused(std::move(record), lock.error().message());
  if (const auto* held = std::get_if<remediation::LockHeld>(&*lock)) {
    record.outcome = RunOutcome::busy;
    record.detail = "another run is under way" + (held->holder ? fmt::format(" (pid {})", *held->holder) : "");
    return record;
  }
  auto history = History::open(config.state_dir);
  if (!history)
    return refused(std::move(record), history.error().message() + "; a run that cannot be recorded is not begun");
  if (history->moved_aside())
    base::log_warn("the history was damaged; a new one begins", {{"moved_to", *history->moved_aside()}});

  const auto interrupted = history->interrupt_open_runs(base::now().wall);
  if (!interrupted) return refused(std::move(record), interrupted.error().message());
  for (const auto& run : *interrupted)
    base::log_warn("an earlier run was interrupted; going on from what the host shows",
                   {{"run", std::to_string(run.id)}, {"detail", run.detail}});
  return go(*history, host, setup.config, std::move(record), request.force, listener);
}

}  // namespace motoko::app
