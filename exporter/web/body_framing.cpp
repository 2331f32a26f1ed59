#include "exporter/web/body_framing.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace motoko::web {
namespace {

std::optional<std::uint64_t> parse_length(std::string_view text) {
  const bool digits =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error == std::errc::result_out_of_range) return std::numeric_limits<std::uint64_t>::max();
  return length;
}

}  // namespace

base::Result<BodyFraming> body_framing(const std::vector<HeaderField>& headers) {
  BodyFraming framing;
  for (const auto& field : headers) {
    if (equal_ignoring_case(field.name, "Transfer-Encoding")) framing.transfer_encoded = true;
    if (!equal_ignoring_case(field.name, "Content-Length")) continue;
    const auto length = parse_length(trim(field.value));
    if (!length) return base::failure(std::errc::invalid_argument, "Content-Length is not a number");
    if (framing.length && framing.length != length)
      return base::failure(std::errc::invalid_argument, "Content-Length is given twice");
    framing.length = length;
  }
  if (framing.transfer_encoded && framing.length)
    return base::failure(std::errc::invalid_argument, "both Content-Length and Transfer-Encoding are given");
  return framing;
}

}  // namespace motoko::web
