// What the finding codes of the check report mean: in plain words, and in which alert's runbook section.
#pragma once

#include <array>
#include <string_view>

namespace motoko::web {

struct FindingWords {
  std::string_view code;
  std::string_view sentence;  // for a person at a glance
  std::string_view alert;     // a section of the runbook
};

/// Every code, the worst news first: the first of a mount's findings in this order is what its card says on top.
extern const std::array<FindingWords, 18> kFindingWords;

/// Null: no such code.
[[nodiscard]] const FindingWords* find_words(std::string_view code);

}  // namespace motoko::web
