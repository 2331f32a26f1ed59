// The server's own TCP sockets, found among the process's descriptors: civetweb hands out none of them, and a client
// that keeps a thread waiting can only be cut off by its socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace motoko::web {

/// The far end of a connection. IPv4, host byte order.
struct Client {
  std::uint32_t ip = 0;
  std::uint16_t port = 0;
  bool operator==(const Client&) const = default;
};

/// None: not an IPv4 address or no port.
[[nodiscard]] std::optional<Client> parse_client(std::string_view ip, int port);

struct OwnSocket {
  int fd = -1;
  std::uint16_t local_port = 0;
  std::optional<Client> client;  // none: it listens
  bool operator==(const OwnSocket&) const = default;
};

/// The listening and connected IPv4 sockets of this process whose local port is one of `local_ports`. A descriptor may
/// be closed, and its number taken by another, as soon as this returns, unless the caller keeps its owner from closing
/// it.
[[nodiscard]] std::vector<OwnSocket> own_sockets(const std::vector<std::uint16_t>& local_ports);

/// The descriptor of the one connection between `client` and `local_port`. None: there is not exactly one.
[[nodiscard]] std::optional<int> find_connection(Client client, std::uint16_t local_port);

}  // namespace motoko::web
