// Which known word somebody may have meant.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace motoko::config {

/// The known word with the fewest letters to insert, remove or replace; none: all are more than a third of the word
/// away (at least two letters). Capital and small letters, and - and _, count as the same.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      const std::vector<std::string_view>& known);

}  // namespace motoko::config
