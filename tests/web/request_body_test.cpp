// Request bodies on real sockets: which are read, which are refused, and what becomes of the connection.
#include <gtest/gtest.h>

#include <thread>

#include "tests/web/server_fixture.h"

namespace motoko::web {
namespace {

using testing::ask;
using testing::RawClient;

class RequestBodyTest : public testing::ServerFixture {};

TEST_F(RequestBodyTest, KeepsTheConnectionAfterABodyThatWasRead) {
  RawClient client(address_);
  for (int i = 0; i < 3; ++i) {
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc" +
                std::string(1, static_cast<char>('0' + i)) + "\n");
    const auto response = client.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "abc" + std::to_string(i) + "\n\n");
  }
}

TEST_F(RequestBodyTest, ReadsABodyThatComesInPieces) {
  RawClient client(address_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n");
  for (int i = 0; i < 9; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    client.send(std::string(10'000, static_cast<char>('a' + i)));
  }
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body.size(), 90'001U);
  EXPECT_EQ(response->body.substr(89'999), "i\n");
}

TEST_F(RequestBodyTest, AnswersExpectContinueBeforeTheBody) {
  RawClient client(address_);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 100);
  client.send("abc");
  EXPECT_EQ(client.receive()->body, "abc\n");
  EXPECT_EQ(ask(address_, "POST /echo", "Content-Length: 3\r\nExpect: miracles\r\n", "abc")->status, 417);
}

TEST_F(RequestBodyTest, WantsAContentLengthWhereItTakesABody) {
  EXPECT_EQ(ask(address_, "POST /echo")->status, 411);
  EXPECT_EQ(ask(address_, "POST /echo", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")->status, 411);
  EXPECT_EQ(ask(address_, "POST /echo", "Content-Length: 0\r\n")->body, "\n");
}

TEST_F(RequestBodyTest, RefusesAbsurdContentLengths) {
  const std::vector<std::pair<std::string, int>> lengths = {{"100001", 413},
                                                            {"99999999999999999999", 413},
                                                            {"9223372036854775807", 413},
                                                            {"18446744073709551616", 413},
                                                            {"-1", 400},
                                                            {"-9223372036854775808", 400},
                                                            {"", 400},
                                                            {"abc", 400},
                                                            {"5abc", 400},
                                                            {"+5", 400},
                                                            {"0x10", 400},
                                                            {"5, 5", 400},
                                                            {"1 000", 400},
                                                            {"5\r\nContent-Length: 6", 400}};
  for (const auto& [length, status] : lengths) {
    const auto response = ask(address_, "POST /echo", "Content-Length: " + length + "\r\n", "abc");
    ASSERT_TRUE(response) << length;
    EXPECT_EQ(response->status, status) << length;
  }
  EXPECT_EQ(ask(address_, "POST /echo", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "abc")->status, 400);
}

TEST_F(RequestBodyTest, SurvivesAContentLengthThatOverflowsOnAKeptConnection) {
  for (const auto* path : {"GET /hello", "POST /reload", "POST /echo", "GET /nothing", "POST /hello"}) {
    for (const auto* length : {"9223372036854775807", "9223372036854775700", "99999999999999999999"}) {
      RawClient client(address_);
      client.send(std::string(path) + " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: " + length +
                  "\r\n\r\n" + std::string(3000, 'z'));
      const auto response = client.receive();
      ASSERT_TRUE(response) << path << length;
      EXPECT_EQ(response->header("Connection"), "close");
      EXPECT_TRUE(client.closed_by_server()) << path << length << ": the body was taken for a request";
    }
  }
  EXPECT_EQ(ask(address_, "GET /hello")->status, 200);
}

TEST_F(RequestBodyTest, ARefusedClientThatSendsItsWholeBodyFirstStillReadsTheAnswer) {
  for (const auto* request : {"POST /echo", "POST /nothing", "GET /hello"}) {
    RawClient client(address_);
    EXPECT_TRUE(client.send(std::string(request) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6000000\r\n\r\n"));
    EXPECT_TRUE(client.send(std::string(6'000'000, 'b'))) << "the connection was reset while the client was sending";
    EXPECT_TRUE(client.receive()) << request;
  }
}

TEST_F(RequestBodyTest, ThrowsUnwantedBodiesAwayAndCloses) {
  RawClient client(address_);
  client.send(
      "POST /reload HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\nGET /hello HTTP/1.1\r\nHost: evil\r\n\r\n");
  const auto response = client.receive();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "reloaded, body of 0\n");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server()) << "the body must not be taken for a second request";
  EXPECT_EQ(ask(address_, "GET /hello", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n")->status, 200);
}

TEST_F(RequestBodyTest, AsksForAdmissionBeforeTheBody) {
  RawClient client(address_);
  client.send("POST /guarded HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n");
  EXPECT_EQ(client.receive()->status, 401) << "without having waited for a body that never comes";
  EXPECT_EQ(ask(address_, "POST /guarded", "Authorization: Bearer token\r\nContent-Length: 2\r\n", "ok")->body, "ok\n");
}

}  // namespace
}  // namespace motoko::web
