#include "exporter/web/wire_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/web/gunzip.h"

namespace motoko::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr base::WallTime kNow{std::chrono::seconds(784111777)};

Request request_for(std::string_view method, std::string_view accept_encoding = {}) {
  Request request;
  request.method = method;
  if (!accept_encoding.empty()) request.headers = {{"Accept-Encoding", accept_encoding}};
  return request;
}

TEST(HttpDate, IsTheOneOfTheSpecification) {
  EXPECT_EQ(http_date(kNow), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Encode, WritesStatusLineAndFields) {
  const auto request = request_for("GET");
  const auto wire = encode(text_response(405, "no"), &request, AfterResponse::close, kNow);
  EXPECT_THAT(wire.head, StartsWith("HTTP/1.1 405 Method Not Allowed\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  EXPECT_THAT(wire.head, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(wire.head, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(wire.head, ::testing::EndsWith("\r\n\r\n"));
  EXPECT_EQ(*wire.body, "no\n");
}

TEST(Encode, GivesHeadTheLengthButNoBody) {
  const auto request = request_for("HEAD");
  const auto wire = encode(text_response(200, "1234"), &request, AfterResponse::keep_open, kNow);
  EXPECT_THAT(wire.head, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_EQ(wire.body, nullptr);
}

TEST(Encode, SendsNoContentFieldsWith204) {
  const auto wire = encode(text_response(204, ""), nullptr, AfterResponse::keep_open, kNow);
  EXPECT_THAT(wire.head, Not(HasSubstr("\r\nContent-")));
  EXPECT_EQ(wire.body, nullptr);
}

TEST(Encode, CompressesOnlyTextAboveAKilobyte) {
  const auto request = request_for("GET", "gzip");
  auto large = text_response(200, std::string(2000, 'a'));
  const auto wire = encode(large, &request, AfterResponse::keep_open, kNow);
  EXPECT_THAT(wire.head, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(wire.head, HasSubstr("Content-Length: " + std::to_string(wire.body->size()) + "\r\n"));
  EXPECT_EQ(testing::gunzip(*wire.body), *large.body);

  large.content_type = "image/png";
  EXPECT_EQ(encode(large, &request, AfterResponse::keep_open, kNow).body, large.body);
  const auto small = text_response(200, std::string(1000, 'a'));
  const auto small_wire = encode(small, &request, AfterResponse::keep_open, kNow);
  EXPECT_EQ(small_wire.body, small.body);
  EXPECT_THAT(small_wire.head, Not(HasSubstr("Vary")));
}

TEST(Encode, CompressesForNobodyWhoDidNotAsk) {
  const auto request = request_for("GET");
  const auto large = text_response(200, std::string(2000, 'a'));
  EXPECT_EQ(encode(large, &request, AfterResponse::keep_open, kNow).body, large.body);
  EXPECT_EQ(encode(large, nullptr, AfterResponse::keep_open, kNow).body, large.body);
}

TEST(Encode, KeepsControlCharactersOutOfTheHeader) {
  auto response = text_response(200, "x");
  response.content_type = "text/plain\r\nX-One: 1";
  response.headers = {{"X-Two\r\nX-Three", "a\nX-Four: 4"}};
  const auto wire = encode(response, nullptr, AfterResponse::keep_open, kNow);
  EXPECT_THAT(wire.head, Not(HasSubstr("\nX-One")));
  EXPECT_THAT(wire.head, Not(HasSubstr("\nX-Three")));
  EXPECT_THAT(wire.head, Not(HasSubstr("\nX-Four")));
}

}  // namespace
}  // namespace motoko::web
