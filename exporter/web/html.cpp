#include "exporter/web/html.h"

#include "exporter/base/text.h"

namespace motoko::web {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// True at a character that changes how others are shown: U+202A to U+202E, U+2066 to U+2069 (Unicode 15, 23.2).
bool is_direction_control(std::string_view text) {
  if (text.size() < 3 || static_cast<unsigned char>(text[0]) != 0xe2) return false;
  const auto second = static_cast<unsigned char>(text[1]);
  const auto third = static_cast<unsigned char>(text[2]);
  return (second == 0x80 && third >= 0xaa && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

}  // namespace

std::string escape_html(std::string_view text) {
  const std::string valid = base::valid_utf8(text);
  std::string escaped;
  escaped.reserve(valid.size() + valid.size() / 8);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const char c = valid[i];
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else if (c == '\'')
      escaped += "&#39;";
    else if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
      escaped += kReplacement;
    else if (is_direction_control(std::string_view(valid).substr(i))) {
      escaped += kReplacement;
      i += 2;
    } else
      escaped += c;
  }
  return escaped;
}

}  // namespace motoko::web
