// A client that sends exactly the bytes a test gives it, and reads what comes back.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "exporter/base/unique_fd.h"
#include "exporter/web/message.h"

namespace motoko::web::testing {

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
    for (std::size_t at = head.find("\r\n"); at != std::string::npos && at + 2 < head.size();) {
      const auto end = head.find("\r\n", at + 2);
      const auto line = head.substr(at + 2, end - at - 2);
      const auto colon = line.find(':');
      if (colon != std::string::npos && equal_ignoring_case(line.substr(0, colon), name))
        return std::string(trim(std::string_view(line).substr(colon + 1)));
      at = end;
    }
    return std::nullopt;
  }
};

class RawClient {
 public:
  /// `address`: "127.0.0.1:1234". Throws where nobody listens.
  explicit RawClient(const std::string& address, int receive_buffer_bytes = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer_bytes > 0)
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    const int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    const auto colon = address.find(':');
    name.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &name.sin_addr);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
      throw std::runtime_error("cannot connect to " + address);
  }

  /// False: the other side is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }

  /// The next response. None: the connection ended or `limit` passed before it was whole.
  std::optional<RawResponse> receive(bool head_only = false,
                                     std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    std::size_t end_of_head = 0;
    while ((end_of_head = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill(deadline)) return std::nullopt;
    RawResponse response;
    response.head = buffer_.substr(0, end_of_head + 2);
    response.status = std::atoi(response.head.c_str() + std::string_view("HTTP/1.1 ").size());
    const auto length = head_only ? 0UL : std::stoul(response.header("Content-Length").value_or("0"));
    while (buffer_.size() < end_of_head + 4 + length)
      if (!fill(deadline)) return std::nullopt;
    response.body = buffer_.substr(end_of_head + 4, length);
    buffer_.erase(0, end_of_head + 4 + length);
    return response;
  }

  /// True: the server closed the connection, with nothing more to read, within `limit`.
  bool closed_by_server(std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (fill(deadline)) {
    }
    return at_end_ && buffer_.empty();
  }

 private:
  bool fill(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{fd_.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return false;
    char bytes[16384];
    const auto count = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (count <= 0) {
      at_end_ = true;
      return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  base::UniqueFd fd_;
  std::string buffer_;
  bool at_end_ = false;
};

/// One request on a connection of its own, with `Connection: close`. None: no whole response came.
inline std::optional<RawResponse> ask(const std::string& address, const std::string& request_line,
                                      const std::string& headers = "", const std::string& body = "") {
  RawClient client(address);
  client.send(request_line + " HTTP/1.1\r\nHost: motoko\r\nConnection: close\r\n" + headers + "\r\n" + body);
  return client.receive(request_line.starts_with("HEAD "));
}

}  // namespace motoko::web::testing
