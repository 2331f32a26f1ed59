#include "exporter/web/own_sockets.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "exporter/base/unique_fd.h"

namespace motoko::web {
namespace {

sockaddr_in loopback(unsigned last_octet, std::uint16_t port) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(0x7f000000U + last_octet);
  name.sin_port = htons(port);
  return name;
}

base::UniqueFd bound_socket(const sockaddr_in& name) {
  base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  return fd;
}

std::uint16_t port_of(const base::UniqueFd& fd) {
  sockaddr_in name{};
  socklen_t length = sizeof name;
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length), 0);
  return ntohs(name.sin_port);
}

class OwnSocketsTest : public ::testing::Test {
 protected:
  OwnSocketsTest()
      : listener_(bound_socket(sockaddr_in{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}})) {
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    port_ = port_of(listener_);
  }

  /// Connects from 127.0.0.1:`client_port` to 127.0.0.`server`; gives the server's end.
  base::UniqueFd connect(unsigned server, std::uint16_t client_port) {
    clients_.push_back(bound_socket(loopback(1, client_port)));
    const auto to = loopback(server, port_);
    EXPECT_EQ(::connect(clients_.back().get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    return base::UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  base::UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::vector<base::UniqueFd> clients_;
};

TEST_F(OwnSocketsTest, FindsListenersAndConnectionsOfThePort) {
  const auto server = connect(1, 0);
  const Client client{0x7f000001, port_of(clients_[0])};
  const auto found = own_sockets({port_});
  ASSERT_EQ(found.size(), 2U) << "the client's end has another local port";
  EXPECT_EQ(found[0], (OwnSocket{listener_.get(), port_, std::nullopt}));
  EXPECT_EQ(found[1], (OwnSocket{server.get(), port_, client}));
  EXPECT_TRUE(own_sockets({}).empty());
}

TEST_F(OwnSocketsTest, FindsTheConnectionOfAClient) {
  const auto first = connect(1, 0);
  const auto second = connect(1, 0);
  EXPECT_EQ(find_connection({0x7f000001, port_of(clients_[0])}, port_), first.get());
  EXPECT_EQ(find_connection({0x7f000001, port_of(clients_[1])}, port_), second.get());
  EXPECT_EQ(find_connection({0x7f000002, port_of(clients_[1])}, port_), std::nullopt);
  EXPECT_EQ(find_connection({0x7f000001, port_of(clients_[1])}, static_cast<std::uint16_t>(port_ + 1)), std::nullopt);
}

TEST_F(OwnSocketsTest, DoesNotGuessBetweenTwoConnectionsOfOneClientAddress) {
  const auto first = connect(1, 0);
  const auto client_port = port_of(clients_[0]);
  const auto second = connect(2, client_port);  // to another address of this host
  ASSERT_TRUE(second.valid());
  EXPECT_EQ(find_connection({0x7f000001, client_port}, port_), std::nullopt);
}

TEST(ParseClient, TakesIpv4Only) {
  EXPECT_EQ(parse_client("192.0.2.1", 80), (Client{0xc0000201, 80}));
  EXPECT_EQ(parse_client("::1", 80), std::nullopt);
  EXPECT_EQ(parse_client("", 80), std::nullopt);
  EXPECT_EQ(parse_client("192.0.2.1", 0), std::nullopt);
  EXPECT_EQ(parse_client("192.0.2.1", 65536), std::nullopt);
}

}  // namespace
}  // namespace motoko::web
