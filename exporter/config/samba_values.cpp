#include "exporter/config/samba_values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "exporter/config/error_list.h"

namespace motoko::config {
namespace {

constexpr std::string_view kServiceSuffix = ".service";
constexpr std::string_view kAlphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

bool made_of(std::string_view text, std::string_view extra) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return kAlphanumeric.find(c) != std::string_view::npos || extra.find(c) != std::string_view::npos;
  });
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(family, std::string(text).c_str(), address.data()) == 1;
}

/// RFC 1123, and the underscore that some networks use all the same.
bool is_host_name(std::string_view text) {
  if (text.size() > 253) return false;
  while (true) {
    const std::string_view label = text.substr(0, std::min(text.find('.'), text.size()));
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-' || !made_of(label, "-_"))
      return false;
    if (label.size() == text.size()) return true;
    text.remove_prefix(label.size() + 1);
  }
}

bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return is_address(AF_INET6, text.substr(1, text.size() - 2));
  // What is only digits and points is meant as an address; "127.0.0.300" must not pass for a name.
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) return is_address(AF_INET, text);
  return is_host_name(text);
}

}  // namespace

Parsed<std::string> parse_service_unit(std::string_view text) {
  constexpr std::size_t kMaxUnitName = 255;
  if (text == "auto") return std::string(text);
  if (text.empty()) return refusal("is empty; write auto, smb.service or smbd.service");
  if (text.size() > kMaxUnitName || !made_of(text, ":_.\\@-"))
    return refusal(in_quotes(text) + " is no name of a systemd unit; write auto, smb.service or smbd.service");
  const bool has_suffix =
      text.size() >= kServiceSuffix.size() && text.substr(text.size() - kServiceSuffix.size()) == kServiceSuffix;
  if (has_suffix && text.size() > kServiceSuffix.size()) return std::string(text);
  if (text.find('.') == std::string_view::npos)
    return refusal(fmt::format("{} lacks the unit's ending; write {}.service, or auto", in_quotes(text), text));
  return refusal(in_quotes(text) + " is no service unit; write auto or a name that ends in .service");
}

Parsed<std::string> parse_host_port(std::string_view text) {
  constexpr std::string_view kExamples = "write for example 127.0.0.1:445 or [::1]:445";
  const auto colon = text.rfind(':');
  const bool port_is_missing = colon == std::string_view::npos || (!text.empty() && text.back() == ']');
  if (port_is_missing) return refusal(fmt::format("{} has no port; {}", in_quotes(text), kExamples));
  const std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.find(':') != std::string_view::npos && host.front() != '[')
    return refusal(fmt::format("{}: an IPv6 address needs brackets; {}", in_quotes(text), kExamples));
  if (!is_host(host))
    return refusal(fmt::format("{} has no valid host name or address before the port; {}", in_quotes(text), kExamples));
  unsigned port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port < 1 || port > 65535)
    return refusal(fmt::format("{}: the port must be a number from 1 to 65535; {}", in_quotes(text), kExamples));
  return std::string(text);
}

}  // namespace motoko::config
