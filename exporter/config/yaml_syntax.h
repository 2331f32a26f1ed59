// What is wrong with the text of a YAML file before it has a structure, in words for the person who wrote it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/error_list.h"

namespace motoko::config {

/// True: the text may go to yaml-cpp. Otherwise reports why not: too large, not UTF-8, or characters that YAML forbids
/// (YAML 1.2.2, 5.1), of which yaml-cpp would take one (0x04) for the end of the file without a word.
[[nodiscard]] bool check_characters(std::string_view text, ErrorList& errors);

/// The lines of a text, all numbers from 1 (lines) and 0 (columns, in bytes).
class LineIndex {
 public:
  /// `text` must outlive the index.
  explicit LineIndex(std::string_view text);

  /// Without its end; empty when there is no such line.
  [[nodiscard]] std::string_view line(int number) const;

  /// The line of the last thing before this place that is neither blank nor a comment. yaml-cpp gives a missing value
  /// the place of whatever follows it; what a person looks for is the key or the dash before.
  [[nodiscard]] int last_content_before(int number, int column) const;

 private:
  struct Line {
    std::string_view text;
    std::size_t content_column = 0;  // of the first thing that is neither blank nor a comment; npos: none
    int last_content = 1;            // this line, or the one before that has content
  };
  std::vector<Line> lines_;
};

/// Whether the quoted scalar that opens at `position` has its closing quote; true where no quote stands there.
/// yaml-cpp 0.7 takes the end of the file for one.
[[nodiscard]] bool quote_is_closed(std::string_view text, std::size_t position);

/// yaml-cpp's terse `problem` on `line` with its likely cause and the way out.
[[nodiscard]] std::string explain_syntax(std::string_view problem, std::string_view line);

}  // namespace motoko::config
