// The steps of a fix, one function each, in a file of its own. Each does one thing to the host, proves it by what the
// host then shows, and says for people what was done, or what is wrong and what to do.
#pragma once

#include <string>

#include "exporter/remediation/host.h"
#include "exporter/remediation/plan.h"
#include "exporter/remediation/run.h"

namespace motoko::remediation {

enum class FsckPolicy { never, on_errors, always };

/// How a fix goes about it. Times are deadlines, but for `settle`.
struct StepPolicy {
  FsckPolicy fsck = FsckPolicy::on_errors;
  bool kill_holders = false;
  milliseconds settle = std::chrono::seconds(10);
  // systemd gives a service 90 s to stop or start before it ends it by force; a little more sees how that went.
  milliseconds stop_samba = std::chrono::seconds(100);
  milliseconds start_samba = std::chrono::seconds(100);
  milliseconds smbd_gone = std::chrono::seconds(10);
  milliseconds smbd_started_by_another = std::chrono::seconds(5);
  milliseconds detach_layer = std::chrono::seconds(5);
  milliseconds release = std::chrono::seconds(120);  // for the kernel to let go: it writes back what is dirty
  milliseconds release_by_holders = std::chrono::seconds(2);
  milliseconds fsck_may_start = std::chrono::seconds(10);
  milliseconds check_filesystem = std::chrono::hours(12);  // a full check of 20 TB takes hours
  milliseconds mount = std::chrono::seconds(100);          // may replay a journal
  milliseconds slow_disk = std::chrono::seconds(30);
  milliseconds verify_samba = std::chrono::seconds(20);
  milliseconds list_share = std::chrono::seconds(10);
};

struct StepResult {
  StepOutcome outcome = StepOutcome::done;
  std::string detail;
  bool samba_is_stopped = false;  // by this step, or by a stop that went only half way
};

/// Until no smbd is left: their working directories keep the dead file system alive.
[[nodiscard]] StepResult stop_samba(Host& host, const StepPolicy& policy);

/// Layer by layer, the table read again after each; at most kMaxLayers. For Cure::peel the lowest one stays.
[[nodiscard]] StepResult detach_layers(Host& host, const StepPolicy& policy, const MountPlan& mount);
inline constexpr std::size_t kMaxLayers = 64;

/// Waits until the device that is to be mounted is free: mounting it before would bring back the same dead superblock.
[[nodiscard]] StepResult release_holders(Host& host, const StepPolicy& policy, const MountPlan& mount);

/// e2fsck -p where the policy asks for it. Never on a device that is in use.
[[nodiscard]] StepResult check_filesystem(Host& host, const StepPolicy& policy, const MountPlan& mount);

/// Only where nothing is mounted, and only the one device that fstab names.
[[nodiscard]] StepResult mount(Host& host, const StepPolicy& policy, const MountPlan& mount);

/// By the rules that judge every observation, and by a write.
[[nodiscard]] StepResult verify_mount(Host& host, const MountPlan& mount);

/// Only where every guarded mount is healthy, so that clients never fill a bare mountpoint.
[[nodiscard]] StepResult start_samba(Host& host, const StepPolicy& policy);

/// smbd runs and answers, and what it shares from the guarded mounts can be listed.
[[nodiscard]] StepResult verify_samba(Host& host, const StepPolicy& policy);

/// Waits, and looks at everything once more: a fresh mount can be taken away again. A disk that is only slow is given
/// more time. Where a mount has gone or died, Samba is stopped again, if this run started it (`started_samba`).
[[nodiscard]] StepResult settle(Host& host, const StepPolicy& policy, bool started_samba);

}  // namespace motoko::remediation
