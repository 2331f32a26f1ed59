// The server on real sockets: what each kind of request gets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/web/gunzip.h"
#include "tests/web/server_fixture.h"

namespace motoko::web {
namespace {

using ::testing::AllOf;
using testing::ask;
using testing::gunzip;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::test_routes;

class HttpServerTest : public testing::ServerFixture {};

TEST_F(HttpServerTest, AnswersAGetWithItsQuery) {
  const auto response = ask(address_, "GET /hello?a=b%20c");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello a=b%20c\n");
  EXPECT_EQ(response->header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response->header("Cache-Control"), "no-store");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_TRUE(response->header("Date"));
  EXPECT_FALSE(response->header("Server"));
  EXPECT_FALSE(response->header("Content-Security-Policy"));
}

TEST_F(HttpServerTest, SendsAContentSecurityPolicyWithHtml) {
  const auto response = ask(address_, "GET /page");
  ASSERT_TRUE(response);
  EXPECT_THAT(response->header("Content-Security-Policy").value_or(""),
              AllOf(HasSubstr("default-src 'none'"), HasSubstr("style-src 'unsafe-inline'"), HasSubstr("img-src data:"),
                    Not(HasSubstr("script-src"))));
}

TEST_F(HttpServerTest, HeadGivesTheHeadersOfGetWithoutABody) {
  RawClient client(address_);
  client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.receive(true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("Content-Length"), "5001");
  const auto next = client.receive();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "hello \n");
}

TEST_F(HttpServerTest, PathsMatchExactly) {
  for (const auto* path : {"/", "/nothing", "/hello/", "/hello/below", "/hellox", "/%68ello", "/./hello", "/x/../hello",
                           "//hello", "/hello%00", "/HELLO", "/etc/passwd", "/..%2f..%2fetc/passwd"}) {
    const auto response = ask(address_, std::string("GET ") + path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 404) << path;
  }
}

TEST_F(HttpServerTest, WrongMethodsAreToldWhichAreAllowed) {
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const auto response = ask(address_, std::string(method) + " /hello");
    ASSERT_TRUE(response) << method;
    EXPECT_EQ(response->status, 405) << method;
    EXPECT_EQ(response->header("Allow"), "GET, HEAD") << method;
  }
  const auto response = ask(address_, "GET /echo");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 405);
  EXPECT_EQ(response->header("Allow"), "POST");
}

TEST_F(HttpServerTest, CorsPreflightGrantsNothing) {
  const auto response = ask(address_, "OPTIONS /echo",
                            "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n"
                            "Access-Control-Request-Headers: content-type\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 405);
  EXPECT_THAT(response->head, Not(HasSubstr("Access-Control")));
}

TEST_F(HttpServerTest, WebSocketUpgradeIsJustAGet) {
  const auto response =
      ask(address_, "GET /hello",
          "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("Connection"), "close");
}

TEST_F(HttpServerTest, ExceptionsOutOfHandlersBecome500AndTheServerLivesOn) {
  for (const auto* path : {"/throws", "/throws-int", "/big-stack-throws"}) {
    const auto response = ask(address_, std::string("GET ") + path);
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 500) << path;
    EXPECT_THAT(response->body, Not(HasSubstr("secret"))) << path;
  }
  EXPECT_EQ(ask(address_, "GET /hello")->status, 200);
}

TEST_F(HttpServerTest, BigStackRoutesMayUseMoreStackThanCivetwebHas) {
  const auto response = ask(address_, "GET /big-stack");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

TEST_F(HttpServerTest, HandlersCannotInjectHeaderFields) {
  const auto response = ask(address_, "GET /injects");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header("X-Value"), "oneX-Second: two");
  EXPECT_FALSE(response->header("X-Second"));
}

TEST_F(HttpServerTest, CompressesLargeTextForThoseWhoTakeIt) {
  const auto compressed = ask(address_, "GET /large", "Accept-Encoding: gzip, deflate\r\n");
  ASSERT_TRUE(compressed);
  EXPECT_EQ(compressed->header("Content-Encoding"), "gzip");
  EXPECT_EQ(compressed->header("Vary"), "Accept-Encoding");
  EXPECT_EQ(gunzip(compressed->body), std::string(5000, 'x') + "\n");

  const auto plain = ask(address_, "GET /large");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->header("Content-Encoding"));
  EXPECT_EQ(plain->header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain->body.size(), 5001U);
}

TEST_F(HttpServerTest, LeavesSmallAndBinaryBodiesPlain) {
  EXPECT_FALSE(ask(address_, "GET /hello", "Accept-Encoding: gzip\r\n")->header("Content-Encoding"));
  EXPECT_FALSE(ask(address_, "GET /huge", "Accept-Encoding: gzip\r\n")->header("Content-Encoding"));
}

TEST_F(HttpServerTest, PrefersTheVariantThatWasCompressedBefore) {
  EXPECT_EQ(ask(address_, "GET /shared", "Accept-Encoding: gzip\r\n")->body, "compressed before");
  EXPECT_EQ(ask(address_, "GET /shared", "Accept-Encoding: gzip;q=0\r\n")->body, "plain");
}

TEST_F(HttpServerTest, SendsBodiesLargerThanTheSocketBuffer) {
  const auto response = ask(address_, "GET /huge");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), 3'000'001U);
}

TEST_F(HttpServerTest, KeepsTheConnectionForPipelinedRequestsInOrder) {
  RawClient client(address_);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += "GET /hello?" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 50; ++i) {
    const auto response = client.receive();
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->body, "hello " + std::to_string(i) + "\n");
    EXPECT_FALSE(response->header("Connection"));
  }
}

TEST_F(HttpServerTest, ObeysConnectionOptions) {
  RawClient old(address_);
  old.send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive()->header("Connection"), "close");
  EXPECT_TRUE(old.closed_by_server());

  RawClient old_keeping(address_);
  old_keeping.send("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old_keeping.receive()->header("Connection"), "keep-alive");
  EXPECT_EQ(old_keeping.receive()->header("Connection"), "close");

  RawClient prefix(address_);  // civetweb takes "keep" for "keep-alive"; what the response says must hold all the same
  prefix.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: keep\r\n\r\n");
  EXPECT_EQ(prefix.receive()->header("Connection"), "close");
  EXPECT_TRUE(prefix.closed_by_server());
}

// Civetweb adds Content-Length to the header's length in 64 bits and moves its buffer by the sum.
TEST_F(HttpServerTest, RefusesWhatIsNoHttp) {
  for (const auto* garbage :
       {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "BREW /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nno colon\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"}) {
    RawClient client(address_);
    client.send(garbage);
    client.half_close();
    const auto response = client.receive();
    ASSERT_TRUE(response) << garbage;
    EXPECT_GE(response->status, 400) << garbage;
    EXPECT_EQ(response->header("X-Content-Type-Options"), "nosniff");
    EXPECT_TRUE(client.closed_by_server()) << garbage;
  }
  RawClient client(address_);
  client.send("GET /hello HTTP/1.1\r\nX-Long: " + std::string(20'000, 'l') + "\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 400);
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 32; ++i)
    clients.emplace_back([&, i] {
      for (int k = 0; k < 25; ++k) {
        const auto query = std::to_string(i) + "." + std::to_string(k);
        const auto response = ask(address_, "GET /hello?" + query);
        if (response && response->body == "hello " + query + "\n") ++good;
      }
    });
  for (auto& client : clients) client.join();
  EXPECT_EQ(good, 32 * 25);
}

TEST_F(HttpServerTest, NamesEveryAddressItListensOn) {
  start({.listen_addresses = {"127.0.0.1:0", "localhost:0", ":0"}});
  const auto addresses = server_->addresses();
  ASSERT_EQ(addresses.size(), 3U);
  EXPECT_TRUE(addresses[2].starts_with("0.0.0.0:"));
  EXPECT_NE(addresses[0], addresses[1]);
  for (const auto& address : addresses) EXPECT_EQ(ask(address, "GET /hello")->status, 200) << address;
}

TEST_F(HttpServerTest, ATakenPortIsNamedWithTheWayOut) {
  const auto second = HttpServer::start({.listen_addresses = {"127.0.0.1:0", address_}}, test_routes());
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(std::errc::address_in_use));
  EXPECT_THAT(second.error().message(), AllOf(HasSubstr(address_), HasSubstr("--web.listen-address")));
  EXPECT_EQ(ask(address_, "GET /hello")->status, 200);
}

TEST_F(HttpServerTest, AnAddressGivenTwiceIsAnError) {
  server_.reset();
  const auto server = HttpServer::start({.listen_addresses = {address_, address_}}, test_routes());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message(), HasSubstr(address_));
}

TEST_F(HttpServerTest, AnAddressOfAnotherHostIsNamed) {
  const auto server = HttpServer::start({.listen_addresses = {"192.0.2.1:0"}}, test_routes());
  ASSERT_FALSE(server);
  EXPECT_TRUE(server.error().is(std::errc::address_not_available));
  EXPECT_THAT(server.error().message(), HasSubstr("192.0.2.1:0"));
}

TEST_F(HttpServerTest, CanBeStoppedAndStartedAgainOnTheSamePort) {
  ASSERT_EQ(ask(address_, "GET /hello")->status, 200);
  for (int i = 0; i < 5; ++i) {
    start({.listen_addresses = {address_}});
    ASSERT_EQ(ask(address_, "GET /hello")->status, 200);
  }
}

}  // namespace
}  // namespace motoko::web
