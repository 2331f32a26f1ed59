// A small blocking HTTP/1.1 client: one request, one connection.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::testing {

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> headers = {};  // Host, Connection and Content-Length are added
  std::string body = {};
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks joined, not decompressed
  std::chrono::microseconds duration{0};       // from before connect to the last byte

  /// The header's value; empty where there is none. `name` in lower case.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// `address`: "127.0.0.1:9520". Error: no connection, no whole answer within `deadline`, or an answer that is not HTTP.
[[nodiscard]] base::Result<HttpResponse> http(const std::string& address, const HttpRequest& request,
                                              std::chrono::milliseconds deadline = std::chrono::seconds(5));

/// What gzip(1) would unpack. Throws std::runtime_error.
[[nodiscard]] std::string gunzip(std::string_view packed);

}  // namespace motoko::testing
