#include "exporter/health/finding.h"

#include <algorithm>
#include <array>

namespace motoko::health {

std::string_view to_string(FindingCode code) {
  switch (code) {
    case FindingCode::not_mounted:
      return "not_mounted";
    case FindingCode::device_missing:
      return "device_missing";
    case FindingCode::device_ambiguous:
      return "device_ambiguous";
    case FindingCode::wrong_device:
      return "wrong_device";
    case FindingCode::device_gone:
      return "device_gone";
    case FindingCode::shutdown:
      return "shutdown";
    case FindingCode::emergency_ro:
      return "emergency_ro";
    case FindingCode::read_only:
      return "read_only";
    case FindingCode::io_error:
      return "io_error";
    case FindingCode::unresponsive:
      return "unresponsive";
    case FindingCode::stacked:
      return "stacked";
    case FindingCode::stale_layer:
      return "stale_layer";
    case FindingCode::detached_superblock:
      return "detached_superblock";
    case FindingCode::shadowed_entries:
      return "shadowed_entries";
    case FindingCode::space_low:
      return "space_low";
    case FindingCode::kernel_errors:
      return "kernel_errors";
    case FindingCode::smbd_down:
      return "smbd_down";
    case FindingCode::backup_overdue:
      return "backup_overdue";
  }
  return "unknown";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::ok:
      return "ok";
    case Severity::unknown:
      return "unknown";
    case Severity::warning:
      return "warning";
    case Severity::critical:
      return "critical";
  }
  return "unknown";
}

std::optional<FindingCode> finding_code_of(std::string_view text) {
  using enum FindingCode;
  constexpr std::array kCodes = {not_mounted,   device_missing, device_ambiguous,    wrong_device,     device_gone,
                                 shutdown,      emergency_ro,   read_only,           io_error,         unresponsive,
                                 stacked,       stale_layer,    detached_superblock, shadowed_entries, space_low,
                                 kernel_errors, smbd_down,      backup_overdue};
  static_assert(kCodes.size() == static_cast<std::size_t>(backup_overdue) + 1);
  const auto* const found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](FindingCode code) { return to_string(code) == text; });
  if (found == kCodes.end()) return std::nullopt;
  return *found;
}

Severity severity_of(FindingCode code) {
  switch (code) {
    case FindingCode::not_mounted:
    case FindingCode::device_missing:
    case FindingCode::wrong_device:
    case FindingCode::device_gone:
    case FindingCode::shutdown:
    case FindingCode::emergency_ro:
    case FindingCode::read_only:
    case FindingCode::io_error:
    case FindingCode::unresponsive:
    case FindingCode::stale_layer:
    case FindingCode::smbd_down:
      return Severity::critical;
    case FindingCode::device_ambiguous:
    case FindingCode::stacked:
    case FindingCode::detached_superblock:
    case FindingCode::shadowed_entries:
    case FindingCode::space_low:
    case FindingCode::kernel_errors:
    case FindingCode::backup_overdue:
      return Severity::warning;
  }
  return Severity::critical;
}

}  // namespace motoko::health
