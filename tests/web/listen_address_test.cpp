#include "exporter/web/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace motoko::web {
namespace {

using ::testing::HasSubstr;

TEST(ListenAddress, ReadsHostAndPort) {
  EXPECT_EQ(parse_listen_address("0.0.0.0:19520"), (ListenAddress{0, 19520}));
  EXPECT_EQ(parse_listen_address(":19520"), (ListenAddress{0, 19520}));
  EXPECT_EQ(parse_listen_address("127.0.0.1:0"), (ListenAddress{0x7f000001, 0}));
  EXPECT_EQ(parse_listen_address("localhost:9"), (ListenAddress{0x7f000001, 9}));
  EXPECT_EQ(to_string(ListenAddress{0xc0a80102, 65535}), "192.168.1.2:65535");
}

TEST(ListenAddress, SaysWhatIsWrongAndNamesTheAddress) {
  for (const auto* text :
       {"", "19520", "localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80s",
        "127.0.0.1: 80", "127.0.0.1:80,127.0.0.1:81", "300.0.0.1:80", "no such host:80"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_TRUE(address.error().is(std::errc::invalid_argument)) << text;
    EXPECT_THAT(address.error().message(), HasSubstr('"' + std::string(text) + '"'));
    EXPECT_THAT(address.error().message(), HasSubstr("--web.listen-address"));
  }
}

TEST(ListenAddress, SaysThatThisBuildHasNeitherIpv6NorUnixSockets) {
  for (const auto* text : {"[::1]:1", "[::]:19520", "::1", "fe80::1:80"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_TRUE(address.error().is(std::errc::address_family_not_supported)) << text;
    EXPECT_THAT(address.error().message(), HasSubstr("civetweb has no IPv6"));
  }
  for (const auto* text : {"unix:/run/motoko.sock", "/run/motoko.sock", "@motoko"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_THAT(address.error().message(), HasSubstr("civetweb has no unix sockets"));
  }
}

TEST(TryListen, TellsATakenPort) {
  const auto first = try_listen({0x7f000001, 0});
  ASSERT_TRUE(first);
  sockaddr_in name{};
  socklen_t length = sizeof name;
  ASSERT_EQ(::getsockname(first->get(), reinterpret_cast<sockaddr*>(&name), &length), 0);
  const auto second = try_listen({0x7f000001, ntohs(name.sin_port)});
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(std::errc::address_in_use));
}

}  // namespace
}  // namespace motoko::web
