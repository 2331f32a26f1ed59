#include "exporter/web/own_sockets.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace motoko::web {
namespace {

// The kernel gives out the lowest free descriptor, so the numbers in use lie close together: this many unused ones in a
// row end the search. Missing one costs only that the connection cannot be cut before civetweb's own time-out.
constexpr int kUnusedRunThatEndsTheSearch = 128;

std::optional<sockaddr_in> name_of(int (*get_name)(int, sockaddr*, socklen_t*), int fd) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (get_name(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0 || name.ss_family != AF_INET) return std::nullopt;
  return reinterpret_cast<const sockaddr_in&>(name);
}

bool listens(int fd) {
  int accepting = 0;
  socklen_t length = sizeof accepting;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &length) == 0 && accepting != 0;
}

}  // namespace

std::optional<Client> parse_client(std::string_view ip, int port) {
  in_addr address{};
  if (port <= 0 || port > UINT16_MAX || ::inet_pton(AF_INET, std::string(ip).c_str(), &address) != 1)
    return std::nullopt;
  return Client{ntohl(address.s_addr), static_cast<std::uint16_t>(port)};
}

std::vector<OwnSocket> own_sockets(const std::vector<std::uint16_t>& local_ports) {
  std::vector<OwnSocket> found;
  int unused = 0;
  for (int fd = 0; unused < kUnusedRunThatEndsTheSearch; ++fd) {
    errno = 0;
    const auto local = name_of(::getsockname, fd);
    unused = errno == EBADF ? unused + 1 : 0;
    if (!local) continue;
    const std::uint16_t port = ntohs(local->sin_port);
    if (std::find(local_ports.begin(), local_ports.end(), port) == local_ports.end()) continue;
    if (const auto peer = name_of(::getpeername, fd))
      found.push_back({fd, port, Client{ntohl(peer->sin_addr.s_addr), ntohs(peer->sin_port)}});
    else if (listens(fd))
      found.push_back({fd, port, std::nullopt});
  }
  return found;
}

std::optional<int> find_connection(Client client, std::uint16_t local_port) {
  std::optional<int> fd;
  for (const auto& socket : own_sockets({local_port})) {
    if (socket.client != client) continue;
    if (fd) return std::nullopt;
    fd = socket.fd;
  }
  return fd;
}

}  // namespace motoko::web
