#include "exporter/remediation/verification.h"

#include <fmt/format.h>

namespace motoko::remediation {
namespace {

/// A disk without room, and a file system that knows no unnamed files, are no failures of the mount.
bool says_nothing_about_the_mount(const base::Error& error) {
  return error.is(std::errc::no_space_on_device) || error.is(std::errc::not_supported) ||
         error.is(std::errc::operation_not_supported);
}

std::optional<std::string> why_not_writable(const observation::MountObservation& seen) {
  if (seen.guard.read_only_asked) return std::nullopt;
  if (!seen.probes) return "it was not written to";
  const auto& write = seen.probes->write;
  if (!write && !says_nothing_about_the_mount(write.error())) return "no write proved it: " + write.error().message();
  if (write && write->error && !says_nothing_about_the_mount(*write->error)) return write->error->message();
  return std::nullopt;
}

}  // namespace

std::optional<std::string> why_not_healthy(const observation::MountObservation& seen,
                                           const health::MountVerdict& judged) {
  for (const auto& finding : judged.findings)
    if (severity_of(finding.code) == health::Severity::critical)
      return fmt::format("{} ({})", finding.detail, to_string(finding.code));
  if (!judged.healthy) return "whether it is healthy cannot be told: " + judged.healthy.error().message();
  if (judged.state.duplicates && *judged.state.duplicates > 0) return "several mounts still lie on top of each other";
  return why_not_writable(seen);
}

std::optional<std::string> why_not_all_healthy(const observation::Observation& observation,
                                               const health::Verdict& verdict) {
  for (std::size_t i = 0; i < observation.mounts.size(); ++i)
    if (const auto why = why_not_healthy(observation.mounts[i], verdict.mounts[i]))
      return fmt::format("{}: {}", verdict.mounts[i].path, *why);
  return std::nullopt;
}

std::optional<std::string> why_samba_is_down(const observation::Observation& observation) {
  if (!observation.samba) return std::nullopt;
  const auto& samba = *observation.samba;
  if (!samba.running) return "whether smbd runs cannot be told: " + samba.running.error().message();
  if (!samba.responding) return "whether smbd answers cannot be told: " + samba.responding.error().message();
  if (!*samba.running || !*samba.responding) return samba.detail;
  return std::nullopt;
}

}  // namespace motoko::remediation
