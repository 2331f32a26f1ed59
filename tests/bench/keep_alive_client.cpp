#include "tests/bench/keep_alive_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace motoko::bench {
namespace {

/// The value of a header line, in lower case both; empty: not there.
std::string header_value(const std::string& head, const std::string& name) {
  std::string lower = head;
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  const auto start = lower.find("\r\n" + name + ":");
  if (start == std::string::npos) return {};
  const auto value = lower.find_first_not_of(' ', start + name.size() + 3);
  return lower.substr(value, lower.find("\r\n", value) - value);
}

}  // namespace

KeepAliveClient::KeepAliveClient(const std::string& address)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      request_("GET /metrics HTTP/1.1\r\nHost: " + address +
               "\r\nAccept: text/plain;version=0.0.4\r\nAccept-Encoding: gzip\r\n\r\n") {
  const auto colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0)
    throw std::runtime_error("cannot connect to " + address);
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::string KeepAliveClient::read_until(const std::string& mark) {
  std::array<char, 65536> block{};
  std::size_t end = 0;
  while ((end = buffer_.find(mark)) == std::string::npos) {
    const ssize_t count = ::recv(socket_.get(), block.data(), block.size(), 0);
    if (count <= 0) throw std::runtime_error("the connection ended within an answer");
    buffer_.append(block.data(), static_cast<std::size_t>(count));
  }
  std::string head = buffer_.substr(0, end + mark.size());
  buffer_.erase(0, end + mark.size());
  return head;
}

void KeepAliveClient::read_exactly(std::size_t bytes) {
  std::array<char, 65536> block{};
  while (buffer_.size() < bytes) {
    const ssize_t count = ::recv(socket_.get(), block.data(), block.size(), 0);
    if (count <= 0) throw std::runtime_error("the connection ended within an answer");
    buffer_.append(block.data(), static_cast<std::size_t>(count));
  }
  buffer_.erase(0, bytes);
}

KeepAliveClient::Scrape KeepAliveClient::scrape() {
  const auto start = std::chrono::steady_clock::now();
  if (::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
    throw std::runtime_error("cannot send a request");
  const std::string head = read_until("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 200")) throw std::runtime_error("not 200: " + head.substr(0, head.find('\r')));
  Scrape scrape;
  if (const auto length = header_value(head, "content-length"); !length.empty()) {
    scrape.body_bytes = std::stoul(length);
    read_exactly(scrape.body_bytes);
  } else {  // chunked
    for (std::size_t chunk = 1; chunk > 0; scrape.body_bytes += chunk) {
      chunk = std::stoul(read_until("\r\n"), nullptr, 16);
      read_exactly(chunk + 2);
    }
  }
  scrape.duration = std::chrono::steady_clock::now() - start;
  return scrape;
}

}  // namespace motoko::bench
