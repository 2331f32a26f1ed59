#include <fmt/format.h>

#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {

StepResult stop_samba(Host& host, const StepPolicy& policy) {
  const auto stopped = host.stop_samba(policy.stop_samba);
  // What counts is whether an smbd is left, not what the stop said of itself.
  const auto why_not =
      wait_for(host, stopped ? policy.smbd_gone : milliseconds(0), [&]() -> std::optional<std::string> {
        const auto left = host.smbd();
        if (!left) return "whether an smbd is left cannot be told: " + left.error().message();
        if (*left) return fmt::format("smbd (pid {}) still runs", **left);
        return std::nullopt;
      });
  if (why_not) {
    const bool serves = !why_samba_is_down(host.look());
    return {StepOutcome::failed,
            fmt::format("{} could not be stopped: {}; end what is left of smbd, and run `motokoctl fix` again",
                        host.samba_name(), stopped ? *why_not : stopped.error().message()),
            !serves};
  }
  if (!stopped)
    return {StepOutcome::done, fmt::format("no smbd is left ({}: {})", host.samba_name(), stopped.error().message()),
            true};
  return {StepOutcome::done, host.samba_name() + " stopped, no smbd is left", true};
}

}  // namespace motoko::remediation
