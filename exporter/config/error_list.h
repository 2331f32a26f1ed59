// Collects the errors of one file, so that a person sees all of them in one run.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "exporter/config/load_config.h"

namespace motoko::config {

class ErrorList {
 public:
  explicit ErrorList(std::string file) : file_(std::move(file)) {}

  /// `line` counts from 1; 0: the file as a whole.
  void add(int line, std::string message) { errors_.push_back({file_, line, std::move(message)}); }

  /// In the order of their lines. At most kMaxShown and one more that counts the rest: the wrong file given by mistake
  /// can have hundreds of thousands.
  [[nodiscard]] ConfigErrors in_order() const;

  static constexpr std::size_t kMaxShown = 500;

 private:
  std::string file_;
  ConfigErrors errors_;
};

/// `text` in quotes for a message: control characters escaped, bad UTF-8 replaced, at most about 60 bytes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace motoko::config
