// Rules about the state of the file system and its disk, and about what is stored on it.
#include <fmt/format.h>

#include "exporter/base/text.h"
#include "exporter/health/rules.h"

namespace motoko::health {
namespace {

using base::format_bytes;
using base::format_duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::nullopt_t kFine = std::nullopt;

Judgement finding_if(const base::Result<bool>& fact, FindingCode code, const std::string& detail) {
  if (!fact) return tl::unexpected(fact.error());
  if (!*fact) return kFine;
  return Finding{code, detail};
}

/// The first error of the probes, as text.
std::string probe_error(const JudgedMount& mount) {
  if (!mount.seen.probes) return {};
  for (const auto* probe : {&mount.seen.probes->read, &mount.seen.probes->statfs, &mount.seen.probes->write})
    if (*probe && (*probe)->error) return (*probe)->error->message();
  return {};
}

}  // namespace

Judgement check_shutdown(const JudgedMount& mount) {
  return finding_if(
      mount.state.reasons.shutdown, FindingCode::shutdown,
      fmt::format("the file system on {} was shut down: every access fails until it is unmounted and mounted again",
                  mount.seen.guard.path));
}

Judgement check_emergency_ro(const JudgedMount& mount) {
  return finding_if(
      mount.state.emergency_ro, FindingCode::emergency_ro,
      fmt::format("the kernel made {} read-only after an error: nothing can be written until it was checked with "
                  "e2fsck and mounted again",
                  mount.seen.guard.path));
}

Judgement check_read_only(const JudgedMount& mount) {
  if (mount.seen.guard.read_only_asked) return kFine;
  return finding_if(mount.state.read_only, FindingCode::read_only,
                    fmt::format("{} is mounted read-only, which fstab does not ask for", mount.seen.guard.path));
}

Judgement check_io_error(const JudgedMount& mount) {
  return finding_if(mount.state.reasons.io_error, FindingCode::io_error,
                    fmt::format("{} fails: {}", mount.seen.guard.path, probe_error(mount)));
}

Judgement check_unresponsive(const JudgedMount& mount) {
  return finding_if(mount.state.reasons.unresponsive, FindingCode::unresponsive,
                    fmt::format("the disk of {} does not answer: a read did not come back within the probe's deadline",
                                mount.seen.guard.path));
}

base::Result<std::uint64_t> min_available_bytes(const observation::MountObservation& mount) {
  if (const auto* bytes = std::get_if<base::SpaceBytes>(&mount.guard.min_available)) return bytes->value;
  const auto& ratio = std::get<base::SpaceRatio>(mount.guard.min_available);
  if (!mount.probes) return base::errno_error(ENODATA, "size of " + mount.guard.path);
  if (!mount.probes->usage) return tl::unexpected(mount.probes->usage.error());
  return static_cast<std::uint64_t>(ratio.value * static_cast<double>(mount.probes->usage->size_bytes));
}

Judgement check_space_low(const JudgedMount& mount) {
  if (!mount.seen.probes || (mount.state.stale && *mount.state.stale)) return kFine;
  const auto& usage = mount.seen.probes->usage;
  const auto threshold = min_available_bytes(mount.seen);
  if (!usage) return tl::unexpected(usage.error());
  if (!threshold) return tl::unexpected(threshold.error());
  if (usage->available_bytes >= *threshold) return kFine;
  return Finding{
      FindingCode::space_low,
      fmt::format("{} of {} are available on {}, less than the {} asked for", format_bytes(usage->available_bytes),
                  format_bytes(usage->size_bytes), mount.seen.guard.path, format_bytes(*threshold))};
}

Judgement check_kernel_errors(const JudgedMount& mount) {
  const auto window = duration_cast<milliseconds>(mount.kernel_log_window);
  // The log is rate-limited and may be unreadable; the superblock's own date of the last error is neither.
  const auto& counters = mount.seen.ext4;
  if (counters && *counters && (*counters)->last_error_time &&
      mount.now.wall - *(*counters)->last_error_time < mount.kernel_log_window)
    return Finding{FindingCode::kernel_errors,
                   fmt::format("ext4 recorded an error on {} in the last {} ({} since the last fsck)",
                               mount.seen.guard.path, format_duration(window), (*counters)->errors)};
  const auto& recent = mount.seen.recent_kernel_errors;
  if (!recent) return tl::unexpected(recent.error());
  if (*recent == 0) return kFine;
  return Finding{FindingCode::kernel_errors,
                 fmt::format("the kernel reported {} error{} on {} in the last {}", *recent, *recent == 1 ? "" : "s",
                             mount.seen.guard.path, format_duration(window))};
}

Judgement check_backup_overdue(const JudgedMount& mount) {
  if (!mount.seen.backups) return kFine;
  if (!*mount.seen.backups) return tl::unexpected(mount.seen.backups->error());
  std::string overdue;
  std::optional<base::Error> unreadable;
  for (const auto& bundle : **mount.seen.backups) {
    if (!bundle.newest) {
      if (!bundle.newest.error().is(std::errc::no_message_available)) unreadable = bundle.newest.error();
      continue;
    }
    const auto age = duration_cast<milliseconds>(mount.now.wall - *bundle.newest);
    if (age <= mount.seen.guard.max_backup_age) continue;
    overdue +=
        fmt::format("{}{} ({} ago)", overdue.empty() ? "" : ", ", base::valid_utf8(bundle.name), format_duration(age));
  }
  if (!overdue.empty())
    return Finding{FindingCode::backup_overdue,
                   fmt::format("no backup completed for more than {}: {}",
                               format_duration(duration_cast<milliseconds>(mount.seen.guard.max_backup_age)), overdue)};
  if (unreadable) return tl::unexpected(*unreadable);
  return kFine;
}

Judgement check_smbd_down(const observation::SambaState& samba) {
  const bool down = (samba.running && !*samba.running) || (samba.responding && !*samba.responding);
  if (down)
    return Finding{FindingCode::smbd_down,
                   samba.detail + "; where this host serves no shares, set samba.enabled: false in the configuration"};
  if (!samba.running) return tl::unexpected(samba.running.error());
  if (!samba.responding) return tl::unexpected(samba.responding.error());
  return kFine;
}

}  // namespace motoko::health
