// Which path lies below which.
#pragma once

#include <string_view>

namespace motoko::base {

/// "/time/inner" lies below "/time"; "/time" and "/timeless" do not. Both absolute, without trailing slash.
[[nodiscard]] inline bool lies_below(std::string_view path, std::string_view directory) {
  if (directory == "/") return path != "/";
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace motoko::base
