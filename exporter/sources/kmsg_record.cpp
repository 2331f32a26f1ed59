#include "exporter/sources/kmsg_record.h"

#include <algorithm>
#include <charconv>

namespace motoko::sources {
namespace {

constexpr unsigned kPrioritiesPerFacility = 8;
constexpr std::uint64_t kMaxMicroseconds = 9'000'000'000'000'000;  // 285 years; as nanoseconds they still fit

/// Takes "NUMBER" and the comma after it.
template <typename Number>
bool take_number(std::string_view& rest, Number& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc() || end == rest.data() + rest.size() || *end != ',') return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  return true;
}

}  // namespace

std::optional<KmsgRecord> parse_kmsg_record(std::string_view record) {
  KmsgRecord parsed;
  std::uint64_t microseconds = 0;
  auto rest = record;
  if (!take_number(rest, parsed.priority) || !take_number(rest, parsed.sequence) || !take_number(rest, microseconds))
    return std::nullopt;
  const auto text = rest.find(';');
  const auto line_end = rest.find('\n');
  if (text == std::string_view::npos || text > line_end) return std::nullopt;
  parsed.time = std::chrono::microseconds(std::min(microseconds, kMaxMicroseconds));
  parsed.text = rest.substr(text + 1, line_end == std::string_view::npos ? line_end : line_end - text - 1);
  return parsed;
}

bool is_from_kernel(const KmsgRecord& record) {
  return record.priority < kPrioritiesPerFacility;
}

std::string unescape_kmsg(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* const digits = text.data() + i + 2;
    if (text[i] == '\\' && i + 3 < text.size() && text[i + 1] == 'x' &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      plain += static_cast<char>(byte);
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace motoko::sources
