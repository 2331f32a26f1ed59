// Scrapes as Prometheus does: one connection, gzip accepted.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "exporter/base/unique_fd.h"

namespace motoko::bench {

class KeepAliveClient {
 public:
  /// `address`: "127.0.0.1:9100". Throws std::runtime_error where nobody listens.
  explicit KeepAliveClient(const std::string& address);

  struct Scrape {
    std::chrono::duration<double> duration{0};
    std::size_t body_bytes = 0;  // as sent, mostly compressed
  };

  /// GET /metrics. Throws std::runtime_error where the answer is not 200.
  Scrape scrape();

 private:
  [[nodiscard]] std::string read_until(const std::string& mark);
  void read_exactly(std::size_t bytes);

  base::UniqueFd socket_;
  std::string request_;
  std::string buffer_;
};

}  // namespace motoko::bench
