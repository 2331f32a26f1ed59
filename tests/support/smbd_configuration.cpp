#include "tests/support/smbd_configuration.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {

std::uint16_t free_port() {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::system_error(errno, std::generic_category(), "find a free port");
  return ntohs(address.sin_port);
}

std::string smbd_configuration(const TempDir& directory, const std::vector<SharedDirectory>& shares,
                               std::uint16_t port) {
  for (const char* name : {"private", "lock", "state", "cache", "pid", "ncalrpc"}) directory.make_directory(name);
  std::string text = fmt::format(R"([global]
  server role = standalone server
  security = user
  map to guest = Bad User
  disable netbios = yes
  smb ports = {port}
  interfaces = lo
  bind interfaces only = yes
  private dir = {dir}/private
  lock directory = {dir}/lock
  state directory = {dir}/state
  cache directory = {dir}/cache
  pid directory = {dir}/pid
  ncalrpc dir = {dir}/ncalrpc
  log file = {dir}/log
  load printers = no
  printing = bsd
  printcap name = /dev/null
  disable spoolss = yes
)",
                                 fmt::arg("port", port), fmt::arg("dir", directory.path()));
  for (const auto& share : shares)
    text += fmt::format("[{}]\n  path = {}\n  guest ok = yes\n  read only = no\n", share.name, share.path);
  return text;
}

}  // namespace motoko::testing
