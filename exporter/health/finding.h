// What the rules find, in the words of the check report.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace motoko::health {

/// In the order of what matters more; a known warning says more than what could not be read.
enum class Severity { ok, unknown, warning, critical };

enum class FindingCode {
  not_mounted,
  device_missing,
  device_ambiguous,
  wrong_device,
  device_gone,
  shutdown,
  emergency_ro,
  read_only,
  io_error,
  unresponsive,
  stacked,
  stale_layer,
  detached_superblock,
  shadowed_entries,
  space_low,
  kernel_errors,
  smbd_down,
  backup_overdue,
};

struct Finding {
  FindingCode code = FindingCode::not_mounted;
  std::string detail;  // for people: what is wrong, with names and numbers, and where it helps the way out
  bool operator==(const Finding&) const = default;
};

[[nodiscard]] std::string_view to_string(FindingCode code);
[[nodiscard]] std::string_view to_string(Severity severity);
/// The code that is written so; nothing: there is none.
[[nodiscard]] std::optional<FindingCode> finding_code_of(std::string_view text);
[[nodiscard]] Severity severity_of(FindingCode code);

}  // namespace motoko::health
