#include "exporter/config/durations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "exporter/config/error_list.h"

namespace motoko::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits = {{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t kMaxMilliseconds = 36'500 * kUnits[0].milliseconds;  // 100 years: no sum here can overflow

std::size_t count_while(std::string_view text, bool (*holds)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), holds) - text.begin());
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

tl::unexpected<std::string> not_a_duration(std::string_view text) {
  return refusal(fmt::format("{} is not a duration; write for example 500ms, 2s, 15m, 1h30m or 3d", in_quotes(text)));
}

}  // namespace

Parsed<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return not_a_duration(text);
  std::string_view rest = text;
  std::int64_t total = 0;
  const Unit* next_unit = kUnits.data();  // the largest that may still come
  while (!rest.empty()) {
    const std::size_t digits = count_while(rest, is_digit);
    if (digits == 0) return not_a_duration(text);
    std::int64_t count = 0;
    const bool fits = std::from_chars(rest.data(), rest.data() + digits, count).ec == std::errc();
    const std::string_view number = rest.substr(0, digits);
    rest.remove_prefix(digits);
    const std::size_t letters = count_while(rest, is_letter);
    if (letters == 0 && rest.empty())
      return refusal(fmt::format("{0} has no unit; write {1}s for seconds, or one of ms, m, h, d", in_quotes(text),
                                 number.size() > 12 ? "1" : number));
    const auto name = rest.substr(0, letters);
    const auto unit =
        std::find_if(next_unit, kUnits.data() + kUnits.size(), [&](const Unit& u) { return u.name == name; });
    if (unit == kUnits.data() + kUnits.size()) return not_a_duration(text);
    rest.remove_prefix(letters);
    if (!fits || count > kMaxMilliseconds / unit->milliseconds || total + count * unit->milliseconds > kMaxMilliseconds)
      return refusal(in_quotes(text) + " is longer than 100 years");
    total += count * unit->milliseconds;
    next_unit = unit + 1;
  }
  return std::chrono::milliseconds(total);
}

std::string duration_text(std::chrono::milliseconds duration) {
  std::int64_t rest = duration.count();
  std::string text;
  for (const auto& unit : kUnits) {
    if (rest >= unit.milliseconds) text += fmt::format("{}{}", rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace motoko::config
