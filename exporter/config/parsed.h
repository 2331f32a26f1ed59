// What the parsers of single values return.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace motoko::config {

/// A value, or what is wrong with the text and the way out. The reader puts file, line and key in front.
template <typename T>
using Parsed = tl::expected<T, std::string>;

/// The error of a Parsed<T>.
[[nodiscard]] inline tl::unexpected<std::string> refusal(std::string problem) {
  return tl::unexpected<std::string>(std::move(problem));
}

}  // namespace motoko::config
