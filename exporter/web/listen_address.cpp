#include "exporter/web/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <optional>

namespace motoko::web {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<std::uint32_t> resolve(const std::string& host) {
  if (host.empty()) return INADDR_ANY;
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr);
  if (host == "localhost") return INADDR_LOOPBACK;  // without loading the resolver's libraries
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  return ntohl(reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr.s_addr);
}

}  // namespace

std::string to_string(ListenAddress address) {
  return fmt::format("{}.{}.{}.{}:{}", address.ip >> 24, address.ip >> 16 & 0xff, address.ip >> 8 & 0xff,
                     address.ip & 0xff, address.port);
}

base::Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto unsupported = [&](std::string_view what) {
    return base::failure(
        std::errc::address_family_not_supported,
        fmt::format("listen on \"{}\" (this build's civetweb has no {}; give --web.listen-address an IPv4 "
                    "address such as 127.0.0.1:19520)",
                    text, what));
  };
  const auto invalid = [&](std::string_view why) {
    return base::failure(
        std::errc::invalid_argument,
        fmt::format("listen on \"{}\" ({}; --web.listen-address takes HOST:PORT, such as 127.0.0.1:19520 "
                    "or :19520)",
                    text, why));
  };
  if (text.find(',') != std::string_view::npos) return invalid("it is several; give the flag once for each");
  if (text.starts_with("unix:") || text.starts_with('/') || text.starts_with('@')) return unsupported("unix sockets");
  if (text.starts_with('[')) return unsupported("IPv6");
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return invalid("it has no port");
  if (colon != text.rfind(':')) return unsupported("IPv6");
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return invalid("the port is not a number from 0 to 65535");
  const auto ip = resolve(std::string(text.substr(0, colon)));
  if (!ip) return invalid("the host has no IPv4 address");
  return ListenAddress{*ip, *port};
}

base::Result<base::UniqueFd> try_listen(ListenAddress address) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::errno_error(errno, "make a socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // else connections in TIME_WAIT are in the way
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(address.port);
  name.sin_addr.s_addr = htonl(address.ip);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 || ::listen(fd.get(), 1) != 0)
    return base::errno_error(errno, "listen on " + to_string(address) + " (--web.listen-address chooses another)");
  return fd;
}

}  // namespace motoko::web
