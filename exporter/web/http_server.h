// HTTP/1.1 on civetweb: routes by exact path, limits on what clients may send, and nothing else of what civetweb can do
// (no files, directories, scripts, forms, CORS). Used by the exporter and the remediator.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/web/route.h"

namespace motoko::web {

/// The defaults are for a few scrapers and a person. Each thread serves one connection for as long as that lasts and
/// costs about 30 KB; while all have one, connections that wait for their client are closed (connection_guard.h).
struct ServerOptions {
  std::vector<std::string> listen_addresses = {};           // as parse_listen_address takes them; at least one
  unsigned threads = 8;                                     // 2 or more
  std::chrono::milliseconds request_deadline{10'000};       // for the whole header, and again for the whole body
  std::chrono::milliseconds idle_connection_limit{75'000};  // longer than a scrape interval of a minute
};

class HttpServer {
 public:
  /// Listens and serves. Error: a bad address, or one that cannot be listened on; its message names the address.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>> start(const ServerOptions& options, Routes routes);

  /// Stops accepting, gives requests that are being answered a second, and ends. A handler that does not return keeps
  /// it.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Where it listens, in the order of the options and with the ports really used: "127.0.0.1:19520".
  [[nodiscard]] std::vector<std::string> addresses() const;

 private:
  class Civetweb;
  explicit HttpServer(std::unique_ptr<Civetweb> civetweb);
  std::unique_ptr<Civetweb> civetweb_;
};

}  // namespace motoko::web
