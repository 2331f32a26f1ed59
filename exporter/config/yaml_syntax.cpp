#include "exporter/config/yaml_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "exporter/base/text.h"
#include "exporter/config/yaml_document.h"

namespace motoko::config {
namespace {

bool is_forbidden(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c == '\r') return i + 1 == text.size() || text[i + 1] != '\n';  // yaml-cpp would join the two lines
  return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;
}

struct Explanation {
  std::string_view problem;  // of yaml-cpp/exceptions.h
  std::string_view text;
};

int line_at(std::string_view text, std::size_t position) {
  return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(position), '\n'));
}

constexpr std::string_view kIndentation =
    "the indentation does not fit the lines above; keys of one section start in one column";
constexpr std::array<Explanation, 10> kExplanations = {{
    {"illegal map value",
     "a colon where no key can be: check the indentation here and above, and put a value that contains \": \" in "
     "quotes"},
    {"end of map not found", kIndentation},
    {"end of sequence not found", kIndentation},
    {"illegal block entry", kIndentation},
    {"illegal map key", kIndentation},
    {"end of sequence flow not found", "a list opened with [ is not closed with ]"},
    {"end of map flow not found", "a map opened with { is not closed with }"},
    {"unknown token", "a value cannot begin with this character; put it in quotes"},
    {"the referenced anchor is not defined", "a value that begins with * must be in quotes"},
    {"unknown escape character: ",
     "in \"double quotes\" a backslash begins an escape; double it or use 'single quotes'"},
}};

}  // namespace

bool check_characters(std::string_view text, ErrorList& errors) {
  if (text.size() > kMaxConfigBytes) {
    errors.add(0, std::string(kTooLarge));
    return false;
  }
  const std::string valid = base::valid_utf8(text);
  if (valid != text) {
    const auto position = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first - text.begin();
    errors.add(line_at(text, static_cast<std::size_t>(position)), "is not UTF-8 from here on; save the file as UTF-8");
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_forbidden(text, i)) continue;
    errors.add(line_at(text, i), fmt::format("the control character 0x{:02x} is not allowed in YAML; remove it",
                                             static_cast<unsigned>(static_cast<unsigned char>(text[i]))));
    return false;
  }
  return true;
}

LineIndex::LineIndex(std::string_view text) {
  int last_content = 1;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    Line line{text.substr(0, end), 0, 0};
    line.content_column = line.text.find_first_not_of(" \t\r");
    if (line.content_column != std::string_view::npos && line.text[line.content_column] == '#')
      line.content_column = std::string_view::npos;
    if (line.content_column != std::string_view::npos) last_content = number;
    line.last_content = last_content;
    lines_.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string_view LineIndex::line(int number) const {
  const auto index = static_cast<std::size_t>(number - 1);
  return number >= 1 && index < lines_.size() ? lines_[index].text : std::string_view();
}

int LineIndex::last_content_before(int number, int column) const {
  if (lines_.empty() || number < 1) return 1;
  const auto index = static_cast<std::size_t>(number - 1);
  if (index >= lines_.size()) return lines_.back().last_content;  // the end of the file
  if (lines_[index].content_column < static_cast<std::size_t>(std::max(column, 0))) return number;
  return index == 0 ? 1 : lines_[index - 1].last_content;
}

bool quote_is_closed(std::string_view text, std::size_t position) {
  if (position >= text.size() || (text[position] != '"' && text[position] != '\'')) return true;
  const char quote = text[position];
  for (std::size_t i = position + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'';
      if (!doubled) return true;
      ++i;
    }
  }
  return false;
}

std::string explain_syntax(std::string_view problem, std::string_view line) {
  const auto indentation = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  if (indentation.find('\t') != std::string_view::npos) return "a tab in the indentation; YAML allows only spaces";
  for (const auto& explanation : kExplanations) {
    if (problem.substr(0, explanation.problem.size()) == explanation.problem) return std::string(explanation.text);
  }
  return std::string(problem);
}

}  // namespace motoko::config
