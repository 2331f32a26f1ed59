#include "exporter/config/sizes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "exporter/config/error_list.h"

namespace motoko::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::uint64_t kKibi = 1024;
constexpr std::uint64_t kKilo = 1000;
constexpr std::array<Unit, 12> kUnits = {{
    {"B", 1},
    {"KiB", kKibi},
    {"MiB", kKibi* kKibi},
    {"GiB", kKibi* kKibi* kKibi},
    {"TiB", kKibi* kKibi* kKibi* kKibi},
    {"PiB", kKibi* kKibi* kKibi* kKibi* kKibi},
    {"KB", kKilo},
    {"kB", kKilo},  // what SI says
    {"MB", kKilo* kKilo},
    {"GB", kKilo* kKilo* kKilo},
    {"TB", kKilo* kKilo* kKilo* kKilo},
    {"PB", kKilo* kKilo* kKilo* kKilo* kKilo},
}};
// Six digits keep a percentage exact when it is printed and read again.
constexpr std::size_t kMaxFractionDigits = 6;
constexpr std::string_view kExamples = "5%, 200GiB or 1.5TB";

std::size_t count_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// How many characters at the start are a number: digits, or digits, a point and digits. 0: none.
std::size_t number_length(std::string_view text) {
  const std::size_t whole = count_digits(text);
  if (whole == 0 || whole == text.size() || text[whole] != '.') return whole;
  const std::size_t fraction = count_digits(text.substr(whole + 1));
  return fraction == 0 || fraction > kMaxFractionDigits ? 0 : whole + 1 + fraction;
}

Parsed<base::SpaceThreshold> parse_ratio(std::string_view number, std::string_view text) {
  double percent = 0;
  std::from_chars(number.data(), number.data() + number.size(), percent);
  if (percent > 100) return refusal(in_quotes(text) + " is more than 100%; write a share of the file system's size");
  return base::SpaceRatio{percent / 100};
}

Parsed<base::SpaceThreshold> parse_bytes(std::string_view number, const Unit& unit, std::string_view text) {
  // long double holds every 64-bit count exactly on the machines this runs on (x86-64, arm64).
  long double count = 0;
  std::from_chars(number.data(), number.data() + number.size(), count);
  const long double bytes = std::round(count * static_cast<long double>(unit.bytes));
  if (bytes >= std::ldexp(1.0L, 64)) return refusal(in_quotes(text) + " is larger than any file system");
  return base::SpaceBytes{static_cast<std::uint64_t>(bytes)};
}

std::string ratio_text(base::SpaceRatio ratio) {
  std::string text = fmt::format("{:.{}f}", ratio.value * 100, kMaxFractionDigits);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + "%";
}

std::string bytes_text(base::SpaceBytes bytes) {
  const Unit* best = &kUnits[0];
  for (const auto& unit : kUnits) {
    if (bytes.value != 0 && bytes.value % unit.bytes == 0 && unit.bytes > best->bytes) best = &unit;
  }
  return fmt::format("{}{}", bytes.value / best->bytes, best->name);
}

}  // namespace

Parsed<base::SpaceThreshold> parse_space(std::string_view text) {
  const std::size_t length = number_length(text);
  const std::string_view number = text.substr(0, length);
  std::string_view unit_name = text.substr(length);
  unit_name.remove_prefix(std::min(unit_name.find_first_not_of(' '), unit_name.size()));
  if (length == 0)
    return refusal(fmt::format("{} is not an amount of space; write for example {}", in_quotes(text), kExamples));
  if (unit_name.empty())
    return refusal(fmt::format("{0} has no unit; write {1}% for a share or {1}GiB for an amount", in_quotes(text),
                               length > 12 ? "5" : number));
  if (unit_name == "%") return parse_ratio(number, text);
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.name == unit_name; });
  if (unit == kUnits.end())
    return refusal(
        fmt::format("{} has the unknown unit {}; known are %, B, KiB, MiB, GiB, TiB, PiB, KB, MB, GB, "
                    "TB, PB",
                    in_quotes(text), in_quotes(unit_name)));
  return parse_bytes(number, *unit, text);
}

std::string space_text(const base::SpaceThreshold& threshold) {
  if (const auto* ratio = std::get_if<base::SpaceRatio>(&threshold)) return ratio_text(*ratio);
  return bytes_text(std::get<base::SpaceBytes>(threshold));
}

}  // namespace motoko::config
