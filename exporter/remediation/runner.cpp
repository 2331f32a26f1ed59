#include "exporter/remediation/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "exporter/base/lies_below.h"

namespace motoko::remediation {
namespace {

class Run {
 public:
  Run(const Plan& plan, Host& host, const StepPolicy& policy, RunListener& listener)
      : plan_(plan), host_(host), policy_(policy), listener_(listener) {}

  RunResult go() {
    const bool may_touch_mounts =
        !plan_.stop_samba || step(StepName::stop_samba, "", [&] { return stop_samba(host_, policy_); });
    // Upper mounts first: a parent cannot go before what is mounted below it.
    for (auto mount = plan_.mounts.rbegin(); mount != plan_.mounts.rend(); ++mount) {
      if (!may_touch_mounts) break;
      mount_step(StepName::detach_layers, *mount, [&] { return detach_layers(host_, policy_, *mount); });
    }
    for (const auto& mount : plan_.mounts) {
      if (!may_touch_mounts) break;
      if (mount.cure == Cure::remount) cure(mount);
      mount_step(StepName::verify_mount, mount, [&] { return verify_mount(host_, mount); });
    }
    if (may_touch_mounts) serve_again();
    return result();
  }

 private:
  bool step(StepName name, const std::string& mountpoint, const std::function<StepResult()>& action) {
    StepRecord record{.name = name, .mountpoint = mountpoint, .outcome = {}, .duration = {}, .detail = {}};
    const std::size_t index = result_.steps.size();
    listener_.step_began(index, record);
    const auto began = host_.now().monotonic;
    auto [outcome, detail, samba_is_stopped] = action();
    if (samba_is_stopped) samba_stopped_ = true;
    record.duration = host_.now().monotonic - began;
    record.outcome = outcome;
    record.detail = std::move(detail);
    result_.steps.push_back(record);
    listener_.step_ended(index, record);
    return outcome == StepOutcome::done || outcome == StepOutcome::skipped;
  }

  void mount_step(StepName name, const MountPlan& mount, const std::function<StepResult()>& action) {
    const std::string& path = mount.guard.path;
    for (const auto& given_up : given_up_) {
      if (given_up != path && !base::lies_below(path, given_up)) continue;
      const auto why = given_up == path ? "an earlier step failed" : "the mount above it, " + given_up + ", failed";
      step(name, path, [&] { return StepResult{StepOutcome::skipped, why}; });
      given_up_.insert(path);
      return;
    }
    if (!step(name, path, action)) given_up_.insert(path);
  }

  void cure(const MountPlan& mount) {
    mount_step(StepName::release_holders, mount, [&] { return release_holders(host_, policy_, mount); });
    mount_step(StepName::check_filesystem, mount, [&] { return check_filesystem(host_, policy_, mount); });
    mount_step(StepName::mount, mount, [&] { return remediation::mount(host_, policy_, mount); });
  }

  /// Samba alone being down needs no settling: nothing was mounted.
  void serve_again() {
    if (plan_.start_samba) {
      if (!given_up_.empty()) {
        for (const auto name : {StepName::start_samba, StepName::verify_samba})
          step(name, "", [&] {
            return StepResult{StepOutcome::skipped, "not every guarded mount is healthy: " + *given_up_.begin()};
          });
        return;
      }
      const bool serves = step(StepName::start_samba, "",
                               [&] {
                                 samba_stopped_ = false;
                                 auto started = start_samba(host_, policy_);
                                 samba_stopped_ = started.outcome != StepOutcome::done;
                                 return started;
                               }) &&
                          step(StepName::verify_samba, "", [&] { return verify_samba(host_, policy_); });
      if (!serves) return;
    }
    if (!plan_.mounts.empty() && given_up_.empty())
      step(StepName::settle, "", [&] { return settle(host_, policy_, plan_.start_samba); });
  }

  RunResult result() {
    const auto failed = std::find_if(result_.steps.begin(), result_.steps.end(), [](const auto& step) {
      return step.outcome == StepOutcome::failed || step.outcome == StepOutcome::refused;
    });
    if (failed == result_.steps.end()) {
      result_.outcome = RunOutcome::fixed;
      result_.detail = plan_.mounts.empty() ? "Samba serves again" : "every guarded mount is healthy";
      if (!plan_.mounts.empty() && plan_.start_samba) result_.detail += " and Samba serves";
      return std::move(result_);
    }
    result_.outcome = RunOutcome::failed;
    result_.detail = fmt::format("{}{}{} failed: {}.", to_string(failed->name),
                                 failed->mountpoint.empty() ? "" : " of ", failed->mountpoint, failed->detail);
    if (samba_stopped_)
      result_.detail += fmt::format(
          " Samba is left stopped, so that clients do not write to the wrong place; `motokoctl fix` starts it when "
          "every guarded mount is healthy ({} is what was stopped).",
          host_.samba_name());
    return std::move(result_);
  }

  const Plan& plan_;
  Host& host_;
  const StepPolicy& policy_;
  RunListener& listener_;
  RunResult result_;
  std::set<std::string> given_up_;
  bool samba_stopped_ = false;
};

}  // namespace

RunResult run_plan(const Plan& plan, Host& host, const StepPolicy& policy, RunListener& listener) {
  return Run(plan, host, policy, listener).go();
}

}  // namespace motoko::remediation
