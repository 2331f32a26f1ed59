#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "exporter/base/text.h"
#include "exporter/health/report.h"

namespace motoko::health {
namespace {

using base::printable;
using observation::MountObservation;

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "\x1b[32m";
    case Severity::unknown:
      return "\x1b[35m";
    case Severity::warning:
      return "\x1b[33m";
    case Severity::critical:
      return "\x1b[31m";
  }
  return "";
}

std::string upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper;
}

std::string painted(std::string_view text, Severity severity, TextStyle style) {
  return style.colour ? fmt::format("{}{}\x1b[0m", colour_of(severity), text) : std::string(text);
}

/// "OK - 2 mounts healthy, Samba up"
std::string summary(const observation::Observation& observation, const Verdict& verdict) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const auto& mount : verdict.mounts) {
    if (mount.findings.empty()) continue;
    std::string codes;
    for (const auto& finding : mount.findings)
      codes += fmt::format("{}{}", codes.empty() ? "" : ", ", to_string(finding.code));
    add(mount.path + ": " + codes);
  }
  for (const auto& finding : verdict.findings) add(fmt::format("Samba: {}", to_string(finding.code)));
  for (const auto& source : verdict.unread) add(source);
  if (text.empty() && verdict.severity == Severity::unknown) text = "not everything could be looked at";
  if (text.empty())
    text = fmt::format("{} mount{} healthy{}", verdict.mounts.size(), verdict.mounts.size() == 1 ? "" : "s",
                       observation.samba ? ", Samba serves" : "");
  return printable(text);
}

std::string mounted_as(const MountObservation& seen) {
  if (!seen.layers) return "unknown: " + seen.layers.error().message();
  if (seen.layers->empty()) return "not mounted";
  std::string text;
  for (const auto& layer : *seen.layers) {
    text += text.empty() ? "" : " under ";
    text += layer.layer.source;
    if (layer.device_exists && !*layer.device_exists) text += " (gone)";
    if (layer.flags && layer.flags->shutdown) text += " (shut down)";
    if (layer.flags && layer.flags->emergency_ro) text += " (emergency read-only)";
  }
  return text;
}

std::string space(const MountObservation& seen, const MountState& state) {
  if (!seen.probes || !seen.probes->usage || (state.stale && *state.stale)) return {};
  return fmt::format(", {} of {} available", base::format_bytes(seen.probes->usage->available_bytes),
                     base::format_bytes(seen.probes->usage->size_bytes));
}

std::string bare_directory(const MountObservation& seen) {
  if (!seen.guarded) return {};
  return *seen.guarded ? ", bare directory guarded" : ", bare directory not guarded";
}

void add_findings(std::string& text, const std::vector<Finding>& findings, const std::vector<Undecided>& undecided,
                  TextStyle style) {
  for (const auto& finding : findings) {
    const Severity severity = severity_of(finding.code);
    text += fmt::format("    {} {}: {}\n", painted(to_string(severity), severity, style), to_string(finding.code),
                        printable(finding.detail));
  }
  for (const auto& item : undecided)
    text += fmt::format("    {} {}: {}\n", painted("unknown", Severity::unknown, style), to_string(item.code),
                        printable(item.reason.message()));
}

}  // namespace

std::string report_text(const observation::Observation& observation, const Verdict& verdict, TextStyle style) {
  std::string text = fmt::format("{} - {}\n", painted(upper(to_string(verdict.severity)), verdict.severity, style),
                                 summary(observation, verdict));
  for (std::size_t i = 0; i < verdict.mounts.size(); ++i) {
    const auto& seen = observation.mounts[i];
    const auto& judged = verdict.mounts[i];
    text += fmt::format("  {} {}: {} ({}){}{}\n", painted(to_string(judged.severity), judged.severity, style),
                        printable(judged.path), printable(mounted_as(seen)), printable(to_string(seen.guard.device)),
                        space(seen, judged.state), bare_directory(seen));
    add_findings(text, judged.findings, judged.undecided, style);
    if (!seen.backups || !*seen.backups) continue;
    for (const auto& bundle : **seen.backups)
      text +=
          fmt::format("    backup {}: {}\n", printable(bundle.name),
                      bundle.newest ? base::format_time(*bundle.newest) : printable(bundle.newest.error().message()));
  }
  if (observation.samba) {
    const Severity severity = !verdict.findings.empty()   ? Severity::critical
                              : verdict.undecided.empty() ? Severity::ok
                                                          : Severity::unknown;
    text += fmt::format("  {} Samba{}\n", painted(to_string(severity), severity, style),
                        severity == Severity::ok ? ": runs and answers" : "");
    add_findings(text, verdict.findings, verdict.undecided, style);
  }
  for (const auto& source : verdict.unread)
    text += fmt::format("  {} could not read {}\n", painted("unknown", Severity::unknown, style), printable(source));
  if (verdict.mounts.empty())
    text +=
        "  To watch a mount, name its device in fstab by UUID=, LABEL=, PARTUUID= or PARTLABEL=, or list its path "
        "under\n"
        "  `mounts:` in the configuration file (the path must be in fstab).\n";
  return text;
}

}  // namespace motoko::health
