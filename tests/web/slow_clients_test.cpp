// Clients that do not go on: others are served all the same, and the server can be stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "exporter/web/http_server.h"
#include "tests/web/raw_client.h"

namespace motoko::web {
namespace {

using namespace std::chrono_literals;
using testing::ask;
using testing::RawClient;

// Twenty times what an idle machine needs, for sanitizers and loaded ones; still far below the ten seconds that
// waiting for one slow client's deadline would take.
constexpr auto kPromptly = 4s;

class SlowClientsTest : public ::testing::Test {
 protected:
  void SetUp() override { start({.listen_addresses = {"127.0.0.1:0"}}); }
  void TearDown() override { release_ = true; }

  void start(ServerOptions options) {
    Routes routes;
    routes.push_back({.path = "/hello", .handler = [](const Request&) { return text_response(200, "hello"); }});
    routes.push_back({.path = "/slow", .handler = [this](const Request&) {
                        ++in_handler_;
                        while (!release_) std::this_thread::sleep_for(1ms);
                        return text_response(200, "at last");
                      }});
    const auto huge = std::make_shared<const std::string>(8'000'000, 'y');  // more than the socket buffers take
    routes.push_back({.path = "/huge", .handler = [huge](const Request&) {
                        Response response;
                        response.content_type = "application/octet-stream";
                        response.body = huge;
                        return response;
                      }});
    routes.push_back({.method = Method::post,
                      .path = "/echo",
                      .handler = [](const Request& request) { return text_response(200, request.body); },
                      .max_body_bytes = 100'000});
    server_.reset();
    auto server = HttpServer::start(std::move(options), std::move(routes));
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    address_ = server_->addresses().front();
  }

  std::vector<std::unique_ptr<RawClient>> open_clients(int count, std::string_view first_bytes) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(address_));
      clients.back()->send(first_bytes);
    }
    return clients;
  }

  std::chrono::steady_clock::duration time_of_a_get() {
    const auto begin = std::chrono::steady_clock::now();
    const auto response = ask(address_, "GET /hello");
    EXPECT_TRUE(response && response->status == 200);
    return std::chrono::steady_clock::now() - begin;
  }

  std::atomic<int> in_handler_ = 0;
  std::atomic<bool> release_ = false;
  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

TEST_F(SlowClientsTest, SixtyFourSilentConnectionsDoNotDelayAGet) {
  const auto clients = open_clients(64, "");
  EXPECT_LT(time_of_a_get(), kPromptly);
}

TEST_F(SlowClientsTest, SixtyFourTricklingHeadersDoNotDelayGets) {
  auto clients = open_clients(64, "GET /hello HTTP/1.1\r\nX-Slow: ");
  std::atomic<bool> done = false;
  std::thread trickle([&] {
    while (!done) {
      for (auto& client : clients)
        if (!client->send("a")) client = std::make_unique<RawClient>(address_);  // they come back, as attackers do
      std::this_thread::sleep_for(20ms);
    }
  });
  for (int i = 0; i < 3; ++i) EXPECT_LT(time_of_a_get(), kPromptly) << i;
  done = true;
  trickle.join();
}

TEST_F(SlowClientsTest, TricklingBodiesDoNotDelayAGet) {
  const auto clients = open_clients(64, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  EXPECT_LT(time_of_a_get(), kPromptly);
}

TEST_F(SlowClientsTest, ClientsThatDoNotReadDoNotHoldTheServerForEver) {
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<RawClient>(address_, 4096));
    clients.back()->send("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_LT(time_of_a_get(), 2 * 2s + kPromptly) << "two rounds of what a slow response may take";
}

TEST_F(SlowClientsTest, IdleKeptConnectionsMakeRoomForOthers) {
  auto clients = open_clients(7, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  for (auto& client : clients) ASSERT_TRUE(client->receive());
  const auto silent = open_clients(5, "");
  EXPECT_LT(time_of_a_get(), kPromptly);
  EXPECT_LT(time_of_a_get(), kPromptly);
}

TEST_F(SlowClientsTest, ALoneIdleConnectionIsKept) {
  RawClient client(address_);
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.receive());
  std::this_thread::sleep_for(1500ms);  // civetweb's own default would have closed it after 500 ms
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.receive());
}

TEST_F(SlowClientsTest, AHeaderThatTricklesIsCutAtTheDeadline) {
  start({.listen_addresses = {"127.0.0.1:0"}, .request_deadline = 300ms});
  RawClient client(address_);
  client.send("GET /hello HTTP/1.1\r\nX-Slow: ");
  const auto begin = std::chrono::steady_clock::now();
  while (client.send("a") && std::chrono::steady_clock::now() - begin < 10s) std::this_thread::sleep_for(20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
}

TEST_F(SlowClientsTest, ABodyThatTricklesIsCutAtTheDeadline) {
  start({.listen_addresses = {"127.0.0.1:0"}, .request_deadline = 300ms});
  RawClient client(address_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  const auto begin = std::chrono::steady_clock::now();
  std::optional<testing::RawResponse> response;
  while (!response && std::chrono::steady_clock::now() - begin < 10s) {
    client.send("a");
    response = client.receive(false, 20ms);
  }
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 300ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
}

TEST_F(SlowClientsTest, ABodyThatEndsEarlyIsNotHandled) {
  RawClient client(address_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  client.half_close();
  EXPECT_EQ(client.receive()->status, 408);
}

TEST_F(SlowClientsTest, ASlowHandlerIsNotCutWhileTheServerIsCrowded) {
  auto waiting = open_clients(6, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (in_handler_ < 6) std::this_thread::sleep_for(1ms);
  const auto silent = open_clients(64, "");
  EXPECT_LT(time_of_a_get(), kPromptly);
  std::this_thread::sleep_for(600ms);
  release_ = true;
  for (auto& client : waiting) {
    const auto response = client->receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "at last\n");
  }
}

TEST_F(SlowClientsTest, RequestsThatWaitForAThreadAreNotCut) {
  auto busy = open_clients(8, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (in_handler_ < 8) std::this_thread::sleep_for(1ms);
  auto queued = open_clients(
      3, "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  std::this_thread::sleep_for(600ms);
  release_ = true;
  for (auto& client : queued) {
    const auto go_on = client->receive();
    ASSERT_TRUE(go_on);
    EXPECT_EQ(go_on->status, 100);
    client->send("abc");
    const auto response = client->receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200) << response->body;
  }
}

TEST_F(SlowClientsTest, StopsPromptlyWhileClientsHang) {
  const auto silent = open_clients(30, "");
  const auto trickling = open_clients(30, "GET /hello HTTP/1.1\r\nX-Slow: ");
  const auto bodies = open_clients(4, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  std::this_thread::sleep_for(50ms);
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
}

TEST_F(SlowClientsTest, StopsPromptlyWhenIdle) {
  RawClient kept(address_);
  kept.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(kept.receive());
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s) << "civetweb alone takes up to two seconds";
  EXPECT_TRUE(kept.closed_by_server());
}

TEST_F(SlowClientsTest, ARequestBeingAnsweredIsFinishedWhenTheServerStops) {
  RawClient client(address_);
  client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (in_handler_ < 1) std::this_thread::sleep_for(1ms);
  std::thread stop([&] { server_.reset(); });
  std::this_thread::sleep_for(100ms);
  release_ = true;
  const auto response = client.receive();
  stop.join();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "at last\n");
}

}  // namespace
}  // namespace motoko::web
