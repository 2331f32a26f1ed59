// What an HTTP handler gets and gives. Filled and sent by http_server; knows nothing of sockets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motoko::web {

/// Views into the request's buffer.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  bool operator==(const HeaderField&) const = default;
};

/// One request. The views live until the handler returns; HEAD arrives as such at a GET route.
struct Request {
  std::string_view method;
  std::string_view path;   // as sent, up to '?': neither percent-decoded nor cleaned of dot segments
  std::string_view query;  // after '?', not decoded; empty: none
  std::string_view remote_address;
  std::vector<HeaderField> headers;
  std::string body;  // empty unless the route takes one

  /// The first field of that name, in any case.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

/// A body that several responses may share (a page rendered once for each observation).
using SharedText = std::shared_ptr<const std::string>;

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  SharedText body;       // null: empty
  SharedText gzip_body;  // the same bytes compressed, where somebody already did; null: the server may do it
  std::vector<std::pair<std::string, std::string>> headers;  // further ones; control characters in them are dropped
};

/// `text` and a line end, as text/plain.
[[nodiscard]] Response text_response(int status, std::string_view text);

/// text/html; the server adds the Content-Security-Policy.
[[nodiscard]] Response html_response(std::string html);

/// application/json.
[[nodiscard]] Response json_response(int status, std::string json);

/// True where both are the same but for the case of ASCII letters.
[[nodiscard]] bool equal_ignoring_case(std::string_view left, std::string_view right);

/// The next element of a comma separated list (RFC 9110, 5.6.1) without blanks around it; takes it off `list`.
[[nodiscard]] std::string_view next_list_element(std::string_view& list);

/// Without blanks and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace motoko::web
