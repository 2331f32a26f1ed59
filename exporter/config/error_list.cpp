#include "exporter/config/error_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporter/base/text.h"

namespace motoko::config {

std::string ConfigError::to_string() const {
  return line > 0 ? fmt::format("{}:{}: {}", file, line, message) : fmt::format("{}: {}", file, message);
}

ConfigErrors in_line_order(ConfigErrors errors) {
  std::stable_sort(errors.begin(), errors.end(),
                   [](const ConfigError& a, const ConfigError& b) { return a.line < b.line; });
  return errors;
}

ConfigErrors ErrorList::in_order() const {
  ConfigErrors errors = in_line_order(errors_);
  if (errors.size() <= kMaxShown) return errors;
  const std::size_t hidden = errors.size() - kMaxShown;
  const int line = errors[kMaxShown].line;
  errors.resize(kMaxShown);
  errors.push_back({file_, line, fmt::format("{} more errors from here on; is this the right file?", hidden)});
  return errors;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMaxBytes = 60;
  if (text.size() <= kMaxBytes) return base::json_string(text);
  std::size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a UTF-8 sequence
  return base::json_string(std::string(text.substr(0, end)) + "...");
}

}  // namespace motoko::config
