#include "tests/support/http_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <zlib.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {
namespace {

/// Answers one connection with `answer`, whatever is asked, and keeps what was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, answer = std::move(answer)] {
      const base::UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      std::array<char, 4096> buffer;
      const auto count = ::recv(peer.get(), buffer.data(), buffer.size(), 0);
      if (count > 0) asked_.assign(buffer.data(), static_cast<std::size_t>(count));
      ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] const std::string& asked() {
    thread_.join();
    return asked_;
  }

 private:
  base::UniqueFd listener_;
  std::string address_;
  std::string asked_;
  std::thread thread_;
};

TEST(HttpClient, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
  OneAnswer server("HTTP/1.1 202 Accepted\r\nContent-Type:  text/plain \r\nContent-Length: 2\r\n\r\nok");
  const auto response = http(server.address(), {"POST", "/x?y=1", {{"X-Kei", "z"}}, "body"});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->status, 202);
  EXPECT_EQ(response->header("content-type"), "text/plain ");
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(server.asked(), "POST /x?y=1 HTTP/1.1\r\nHost: " + server.address() +
                                "\r\nX-Kei: z\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
}

TEST(HttpClient, JoinsChunks) {
  OneAnswer server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
  const auto response = http(server.address(), {});
  ASSERT_TRUE(response) << response.error().message();
  EXPECT_EQ(response->body, "abcd");
}

TEST(HttpClient, RefusesABodyThatIsCutOff) {
  OneAnswer server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
  EXPECT_FALSE(http(server.address(), {}));
}

TEST(HttpClient, GivesUpAtTheDeadlineAndWhereNobodyListens) {
  const base::UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const auto where = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  EXPECT_FALSE(http(where, {}));  // bound, but not listening
  ASSERT_EQ(::listen(silent.get(), 1), 0);
  const auto response = http(where, {}, std::chrono::milliseconds(50));
  ASSERT_FALSE(response);
  EXPECT_TRUE(response.error().is(std::errc::timed_out));
}

TEST(Gunzip, UnpacksAWholeStreamAndRefusesAPart) {
  const std::string plain(100000, 'm');
  z_stream stream{};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(plain.size(), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  EXPECT_EQ(gunzip(packed), plain);
  EXPECT_THROW((void)gunzip(packed.substr(0, packed.size() / 2)), std::runtime_error);
}

}  // namespace
}  // namespace motoko::testing
