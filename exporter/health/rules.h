// The rules: each looks at one fault and says it is there (a finding), is not (none) or cannot be told (an error).
// All are pure; nothing is remembered from one observation to the next.
#pragma once

#include <optional>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"
#include "exporter/health/finding.h"
#include "exporter/health/mount_state.h"
#include "exporter/observation/observation.h"

namespace motoko::health {

using Judgement = base::Result<std::optional<Finding>>;

/// A mount with what the rules share about it.
struct JudgedMount {
  const observation::MountObservation& seen;
  const MountState& state;
  base::Instant now;
  std::chrono::seconds kernel_log_window;
};

using MountRule = Judgement (*)(const JudgedMount&);

Judgement check_not_mounted(const JudgedMount& mount);
Judgement check_device_missing(const JudgedMount& mount);
Judgement check_device_ambiguous(const JudgedMount& mount);
Judgement check_wrong_device(const JudgedMount& mount);
Judgement check_device_gone(const JudgedMount& mount);
Judgement check_shutdown(const JudgedMount& mount);
Judgement check_emergency_ro(const JudgedMount& mount);
Judgement check_read_only(const JudgedMount& mount);  // only where fstab does not ask for it
Judgement check_io_error(const JudgedMount& mount);
Judgement check_unresponsive(const JudgedMount& mount);
Judgement check_stacked(const JudgedMount& mount);
Judgement check_stale_layer(
    const JudgedMount& mount);  // below the top one; the top's own state has findings of its own
Judgement check_detached_superblock(const JudgedMount& mount);
Judgement check_shadowed_entries(const JudgedMount& mount);
Judgement check_space_low(const JudgedMount& mount);  // not while the mount is stale: its numbers prove nothing
Judgement check_kernel_errors(const JudgedMount& mount);
Judgement check_backup_overdue(const JudgedMount& mount);

/// Host-wide.
Judgement check_smbd_down(const observation::SambaState& samba);

/// The available bytes below which space is low. Error: a share of a size that is not known.
[[nodiscard]] base::Result<std::uint64_t> min_available_bytes(const observation::MountObservation& mount);

}  // namespace motoko::health
