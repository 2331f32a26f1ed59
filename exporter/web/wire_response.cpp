#include "exporter/web/wire_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "exporter/web/compression.h"

namespace motoko::web {
namespace {

constexpr std::size_t kWorthCompressing = 1024;

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";  // the phrase means nothing to clients, but may not be missing for old ones
  }
}

bool is_text(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.starts_with("application/json");
}

/// Without control characters, so that no value can begin another header field.
std::string one_line(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return text;
}

std::string_view connection_field(AfterResponse after) {
  switch (after) {
    case AfterResponse::keep_open:
      return "";  // the default of HTTP/1.1
    case AfterResponse::keep_open_http10:
      return "Connection: keep-alive\r\n";
    case AfterResponse::close:
      return "Connection: close\r\n";
  }
  return "";
}

struct ChosenBody {
  SharedText text;
  bool compressed = false;
  bool depends_on_request = false;
};

ChosenBody choose_body(const Response& response, const Request* request) {
  const bool large = response.body && response.body->size() > kWorthCompressing;
  if (!response.gzip_body && !(large && is_text(response.content_type))) return {response.body};
  const auto accepted = request ? request->header("Accept-Encoding") : std::nullopt;
  if (!accepted || !accepts_gzip(*accepted)) return {response.body, false, true};
  if (response.gzip_body) return {response.gzip_body, true, true};
  return {std::make_shared<const std::string>(gzip(*response.body)), true, true};
}

}  // namespace

std::string http_date(base::WallTime time) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min,
                     utc.tm_sec);
}

WireResponse encode(const Response& response, const Request* request, AfterResponse after, base::WallTime now) {
  const auto body = choose_body(response, request);
  WireResponse wire;
  auto out = std::back_inserter(wire.head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n{}",
                 response.status, reason_phrase(response.status), http_date(now), connection_field(after));
  const bool without_content = response.status == 204;
  if (!without_content) {
    fmt::format_to(out, "Content-Type: {}\r\nContent-Length: {}\r\n", one_line(response.content_type),
                   body.text ? body.text->size() : 0);
    if (response.content_type.starts_with("text/html"))
      wire.head +=
          "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
          "base-uri 'none'; form-action 'none'\r\n";
    if (body.depends_on_request) wire.head += "Vary: Accept-Encoding\r\n";
    if (body.compressed) wire.head += "Content-Encoding: gzip\r\n";
  }
  for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", one_line(name), one_line(value));
  wire.head += "\r\n";
  const bool head_only = request && request->method == "HEAD";
  if (!head_only && !without_content) wire.body = body.text;
  return wire;
}

}  // namespace motoko::web
