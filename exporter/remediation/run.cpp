#include "exporter/remediation/run.h"

#include <algorithm>
#include <array>
#include <utility>

namespace motoko::remediation {
namespace {

template <typename Enum, std::size_t Size>
std::optional<Enum> value_of(std::string_view text, const std::array<Enum, Size>& values) {
  const auto found = std::find_if(values.begin(), values.end(), [&](Enum value) { return to_string(value) == text; });
  if (found == values.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::string_view to_string(StepName name) {
  switch (name) {
    case StepName::stop_samba:
      return "stop_samba";
    case StepName::detach_layers:
      return "detach_layers";
    case StepName::release_holders:
      return "release_holders";
    case StepName::check_filesystem:
      return "check_filesystem";
    case StepName::mount:
      return "mount";
    case StepName::verify_mount:
      return "verify_mount";
    case StepName::start_samba:
      return "start_samba";
    case StepName::verify_samba:
      return "verify_samba";
    case StepName::settle:
      return "settle";
  }
  return "unknown";
}

std::string_view to_string(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::done:
      return "done";
    case StepOutcome::failed:
      return "failed";
    case StepOutcome::skipped:
      return "skipped";
    case StepOutcome::refused:
      return "refused";
  }
  return "unknown";
}

std::string_view to_string(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::healthy:
      return "healthy";
    case RunOutcome::fixed:
      return "fixed";
    case RunOutcome::failed:
      return "failed";
    case RunOutcome::refused:
      return "refused";
    case RunOutcome::shadow:
      return "shadow";
    case RunOutcome::suppressed:
      return "suppressed";
    case RunOutcome::busy:
      return "busy";
    case RunOutcome::interrupted:
      return "interrupted";
  }
  return "unknown";
}

std::optional<StepName> step_name_of(std::string_view text) {
  using enum StepName;
  return value_of(text, std::array{stop_samba, detach_layers, release_holders, check_filesystem, mount, verify_mount,
                                   start_samba, verify_samba, settle});
}

std::optional<StepOutcome> step_outcome_of(std::string_view text) {
  using enum StepOutcome;
  return value_of(text, std::array{done, failed, skipped, refused});
}

std::optional<RunOutcome> run_outcome_of(std::string_view text) {
  using enum RunOutcome;
  return value_of(text, std::array{healthy, fixed, failed, refused, shadow, suppressed, busy, interrupted});
}

}  // namespace motoko::remediation
