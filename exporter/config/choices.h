// The words of the configuration that stand for enum values; read by load_config, printed by to_yaml.
#pragma once

#include <array>
#include <string_view>

#include "exporter/config/config.h"
#include "exporter/config/scalars.h"

namespace motoko::config {

inline constexpr std::array<Choice<SambaControl>, 2> kSambaControls = {{
    {"systemd", SambaControl::systemd},
    {"command", SambaControl::command},
}};

inline constexpr std::array<Choice<RemediationMode>, 3> kRemediationModes = {{
    {"off", RemediationMode::off},
    {"shadow", RemediationMode::shadow},
    {"on", RemediationMode::on},
}};

inline constexpr std::array<Choice<Executor>, 2> kExecutors = {{
    {"systemd", Executor::systemd},
    {"direct", Executor::direct},
}};

inline constexpr std::array<Choice<FsckPolicy>, 3> kFsckPolicies = {{
    {"never", FsckPolicy::never},
    {"on-errors", FsckPolicy::on_errors},
    {"always", FsckPolicy::always},
}};

/// The word for `value`; every value of the enum has one.
template <typename Choices, typename Enum>
[[nodiscard]] constexpr std::string_view word_for(const Choices& choices, Enum value) {
  for (const auto& choice : choices) {
    if (choice.value == value) return choice.word;
  }
  return {};
}

}  // namespace motoko::config
