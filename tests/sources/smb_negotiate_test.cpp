#include "exporter/sources/smb_negotiate.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "exporter/base/unique_fd.h"
#include "exporter/sources/smb2_message.h"
#include "tests/support/smbd_server.h"
#include "tests/support/temp_dir.h"

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Serves one connection after another on 127.0.0.1 with what the test says.
class ScriptedServer {
 public:
  using Serve = std::function<void(int connection, const std::atomic<bool>& stopping)>;

  explicit ScriptedServer(Serve serve, int family = AF_INET) : serve_(std::move(serve)), family_(family) {
    socket_.reset(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage address{};
    socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) reinterpret_cast<sockaddr_in*>(&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (family == AF_INET6) reinterpret_cast<sockaddr_in6*>(&address)->sin6_addr = in6addr_loopback;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_.get(), 8) != 0)
      throw std::system_error(errno, std::generic_category(), "listen");
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&address)->sin_port
                                    : reinterpret_cast<sockaddr_in6*>(&address)->sin6_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] std::string address() const {
    return family_ == AF_INET ? fmt::format("127.0.0.1:{}", port_) : fmt::format("[::1]:{}", port_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void run() {
    while (!stopping_) {
      const base::UniqueFd connection(::accept(socket_.get(), nullptr, nullptr));
      if (connection.valid()) serve_(connection.get(), stopping_);
    }
  }

  Serve serve_;
  int family_;
  base::UniqueFd socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

std::string read_request(int connection) {
  std::string request(4096, '\0');
  const ssize_t size = ::recv(connection, request.data(), request.size(), 0);
  request.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return request;
}

void send_all(int connection, std::string_view bytes) {
  (void)::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

struct Attempt {
  base::Status status;
  std::chrono::milliseconds duration;
};

Attempt negotiate(const std::string& address, std::chrono::milliseconds patience = 5s, int cancel_fd = -1) {
  const auto start = Clock::now();
  auto status = smb2_negotiate(address, start + patience, cancel_fd);
  return {std::move(status), std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start)};
}

TEST(SmbNegotiate, SucceedsWithARealSmbd) {
  if (const auto why = testing::missing_smbd())
    GTEST_SKIP() << "NOT TESTED: SMB2 NEGOTIATE with a real smbd (" << *why << ")";
  const testing::TempDir share;
  const testing::SmbdServer smbd(share.path());
  for (int i = 0; i < 3; ++i) {
    const auto attempt = negotiate(smbd.address());
    EXPECT_TRUE(attempt.status) << attempt.status.error().message() << "\n" << smbd.log();
  }
  EXPECT_TRUE(negotiate(fmt::format("localhost:{}", smbd.port())).status);
}

TEST(SmbNegotiate, FindsAFrozenSmbdSilentAndAThawedOneWell) {
  if (const auto why = testing::missing_smbd())
    GTEST_SKIP() << "NOT TESTED: SMB2 NEGOTIATE with a frozen smbd (" << *why << ")";
  const testing::TempDir share;
  const testing::SmbdServer smbd(share.path());
  smbd.freeze();
  const auto frozen = negotiate(smbd.address(), 300ms);
  ASSERT_FALSE(frozen.status);
  EXPECT_TRUE(frozen.status.error().is(std::errc::timed_out)) << frozen.status.error().message();
  EXPECT_EQ(frozen.status.error().context, smbd.address() + ": no answer");
  EXPECT_GE(frozen.duration, 300ms);
  EXPECT_LT(frozen.duration, 1s);
  smbd.thaw();
  EXPECT_TRUE(negotiate(smbd.address()).status);
}

TEST(SmbNegotiate, SaysThatThePortIsClosed) {
  std::string address;
  {
    const ScriptedServer gone([](int, const std::atomic<bool>&) {});
    address = gone.address();
  }
  const auto attempt = negotiate(address);
  ASSERT_FALSE(attempt.status);
  EXPECT_TRUE(attempt.status.error().is(std::errc::connection_refused));
  EXPECT_EQ(attempt.status.error().message(), address + ": connect: Connection refused");
}

TEST(SmbNegotiate, QuotesAServerOfAnotherProtocol) {
  const ScriptedServer http([](int connection, const std::atomic<bool>&) {
    read_request(connection);
    send_all(connection, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  });
  const auto attempt = negotiate(http.address());
  ASSERT_FALSE(attempt.status);
  EXPECT_EQ(attempt.status.error().context, http.address() + ": the answer is not SMB: \"HTTP/1.1 400 Bad Request\"");
}

TEST(SmbNegotiate, SaysThatTheServerClosedWithoutAnAnswer) {
  const ScriptedServer closes_at_once([](int, const std::atomic<bool>&) {});
  const ScriptedServer closes_midway([](int connection, const std::atomic<bool>&) {
    read_request(connection);
    send_all(connection, std::string_view("\0\0\1\0\xfeSMB", 8));
  });
  for (const auto* server : {&closes_at_once, &closes_midway}) {
    const auto attempt = negotiate(server->address());
    ASSERT_FALSE(attempt.status);
    EXPECT_TRUE(attempt.status.error().is(std::errc::connection_reset)) << attempt.status.error().message();
  }
}

TEST(SmbNegotiate, DoesNotLetATricklingAnswerStretchTheDeadline) {
  const ScriptedServer trickle([](int connection, const std::atomic<bool>& stopping) {
    read_request(connection);
    std::string answer = {'\0', '\0', '\x40', '\0'};
    answer.resize(4 + 0x4000, 'x');
    for (std::size_t i = 0; i < answer.size() && !stopping; ++i) {
      if (::send(connection, &answer[i], 1, MSG_NOSIGNAL) != 1) return;
      std::this_thread::sleep_for(5ms);
    }
  });
  const auto attempt = negotiate(trickle.address(), 300ms);
  ASSERT_FALSE(attempt.status);
  EXPECT_TRUE(attempt.status.error().is(std::errc::timed_out)) << attempt.status.error().message();
  EXPECT_EQ(attempt.status.error().context, trickle.address() + ": no complete answer");
  EXPECT_LT(attempt.duration, 1s);
}

TEST(SmbNegotiate, TakesAnAnswerThatComesInPieces) {
  std::string answer(4 + 128, '\0');
  answer[3] = static_cast<char>(128);
  answer.replace(4, 4, "\xfeSMB");
  answer[4 + 16] = 1;
  answer[4 + 64] = 65;
  answer[4 + 68] = 0x02;
  answer[4 + 69] = 0x02;
  const ScriptedServer pieces([answer](int connection, const std::atomic<bool>&) {
    read_request(connection);
    for (const std::size_t start : {0, 1, 3, 5, 100}) {
      const std::size_t end = start == 0 ? 1 : start == 1 ? 3 : start == 3 ? 5 : start == 5 ? 100 : answer.size();
      send_all(connection, std::string_view(answer).substr(start, end - start));
      std::this_thread::sleep_for(5ms);
    }
  });
  const auto attempt = negotiate(pieces.address());
  EXPECT_TRUE(attempt.status) << attempt.status.error().message();
}

TEST(SmbNegotiate, ReachesAnIpv6Address) {
  try {
    const ScriptedServer server(
        [](int connection, const std::atomic<bool>&) {
          read_request(connection);
          send_all(connection, "IPv6");
        },
        AF_INET6);
    EXPECT_EQ(negotiate(server.address()).status.error().context,
              server.address() + ": the answer is not SMB: \"IPv6\"");
  } catch (const std::system_error& error) {
    GTEST_SKIP() << "NOT TESTED: an IPv6 server (" << error.what() << ")";
  }
}

TEST(SmbNegotiate, GivesUpAtOnceWhenCancelled) {
  const ScriptedServer silent([](int connection, const std::atomic<bool>& stopping) {
    pollfd end{.fd = connection, .events = POLLRDHUP, .revents = 0};
    while (!stopping && ::poll(&end, 1, 10) == 0) {
    }
  });
  const base::UniqueFd cancel(::eventfd(0, EFD_CLOEXEC));
  std::thread canceller([&] {
    std::this_thread::sleep_for(50ms);
    ::eventfd_write(cancel.get(), 1);
  });
  const auto attempt = negotiate(silent.address(), 10s, cancel.get());
  canceller.join();
  ASSERT_FALSE(attempt.status);
  EXPECT_TRUE(attempt.status.error().is(std::errc::operation_canceled));
  EXPECT_LT(attempt.duration, 1s);
}

TEST(SmbNegotiate, RejectsWhatIsNoAddressWithoutAskingANameServer) {
  for (const std::string address : {"",
                                    ":",
                                    ":445",
                                    "127.0.0.1:",
                                    "127.0.0.1:0",
                                    "127.0.0.1:65536",
                                    "127.0.0.1:99999",
                                    "127.0.0.1:smb",
                                    "127.0.0.1:445x",
                                    "nas.example.org:445",
                                    "nas:445",
                                    "localhost.:445",
                                    "256.0.0.1:445",
                                    "::1",
                                    "::1:445",
                                    "[::1:445",
                                    "[]:445",
                                    "[::1]445",
                                    "[::1]x:445",
                                    "[localhost",
                                    "127.0.0.1:-445"}) {
    const auto attempt = negotiate(address);
    ASSERT_FALSE(attempt.status) << address;
    EXPECT_TRUE(attempt.status.error().is(std::errc::invalid_argument)) << address << attempt.status.error().message();
    EXPECT_LT(attempt.duration, 100ms) << address;
  }
}

}  // namespace
}  // namespace motoko::sources
