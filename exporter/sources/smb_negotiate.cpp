#include "exporter/sources/smb_negotiate.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cstdint>
#include <memory>
#include <string_view>

#include "exporter/base/unique_fd.h"
#include "exporter/sources/smb2_message.h"

namespace motoko::sources {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kDefaultPort = "445";

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> parse_address(const std::string& address) {
  const auto bad = [&] {
    return base::failure(std::errc::invalid_argument,
                         "\"" + address + "\" is not an IP address and port, such as 127.0.0.1:445 or [::1]:445");
  };
  std::string_view host = address;
  std::string_view port = kDefaultPort;
  const auto host_end = address.starts_with('[') ? address.find(']') : address.find(':');
  if (address.starts_with('[')) {
    if (host_end == std::string::npos) return bad();
    host = std::string_view(address).substr(1, host_end - 1);
    if (host_end + 1 < address.size()) {
      if (address[host_end + 1] != ':') return bad();
      port = std::string_view(address).substr(host_end + 2);
    }
  } else if (host_end != std::string::npos) {
    host = std::string_view(address).substr(0, host_end);
    port = std::string_view(address).substr(host_end + 1);
  }
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port_number = 0;
  const auto [port_end, error] = std::from_chars(port.data(), port.data() + port.size(), port_number);
  if (host.empty() || error != std::errc() || port_end != port.data() + port.size() || port_number == 0) return bad();

  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;  // never asks a name server
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(std::string(host).c_str(), std::string(port).c_str(), &hints, &found) != 0) return bad();
  return Addresses(found);
}

/// One conversation: a socket, and how long it may take.
class Conversation {
 public:
  Conversation(base::UniqueFd socket, base::MonotonicTime deadline, int cancel_fd)
      : socket_(std::move(socket)), deadline_(deadline), cancel_fd_(cancel_fd) {}

  Status connect(const addrinfo& address) {
    if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) == 0) return {};
    if (errno != EINPROGRESS && errno != EINTR) return base::errno_error(errno, "connect");
    if (auto ready = wait(POLLOUT, "connect"); !ready) return ready;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return base::errno_error(error, "connect");
    return {};
  }

  Status send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        return closed();
      } else if (errno != EAGAIN && errno != EINTR) {
        return base::errno_error(errno, "send");
      } else if (auto ready = wait(POLLOUT, "send"); !ready) {
        return ready;
      }
    }
    return {};
  }

  /// Adds what has come to `received`, at least a byte.
  Status receive(std::string& received) {
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (size > 0) {
        received.append(buffer.data(), static_cast<std::size_t>(size));
        return {};
      }
      if (size == 0 || errno == ECONNRESET) return closed();
      if (errno != EAGAIN && errno != EINTR) return base::errno_error(errno, "receive");
      if (auto ready = wait(POLLIN, received.empty() ? "no answer" : "no complete answer"); !ready) return ready;
    }
  }

 private:
  static tl::unexpected<base::Error> closed() {
    return base::failure(std::errc::connection_reset, "closed without a complete answer");
  }
  static tl::unexpected<base::Error> timed_out(std::string what) {
    return base::failure(std::errc::timed_out, std::move(what));
  }

  Status wait(short events, const char* what) {
    for (;;) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
      if (left <= 0) return timed_out(what);
      std::array<pollfd, 2> fds = {pollfd{.fd = socket_.get(), .events = events, .revents = 0},
                                   pollfd{.fd = cancel_fd_, .events = POLLIN, .revents = 0}};
      const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(std::min<long>(left, INT_MAX)));
      if (ready < 0 && errno != EINTR) return base::errno_error(errno, "poll");
      if (ready > 0 && fds[1].revents != 0) return base::failure(std::errc::operation_canceled, what);
      if (ready > 0 && fds[0].revents != 0) return {};
    }
  }

  base::UniqueFd socket_;
  base::MonotonicTime deadline_;
  int cancel_fd_;
};

Status negotiate(const addrinfo& address, base::MonotonicTime deadline, int cancel_fd) {
  base::UniqueFd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return base::errno_error(errno, "socket");
  Conversation conversation(std::move(socket), deadline, cancel_fd);
  if (auto connected = conversation.connect(address); !connected) return connected;
  if (auto sent = conversation.send(make_smb2_negotiate()); !sent) return sent;
  std::string received;
  std::size_t message_size = 0;
  while (message_size == 0 || received.size() < kSmbFrameHeaderBytes + message_size) {
    if (auto more = conversation.receive(received); !more) return more;
    const auto size = smb_message_size(received);
    if (!size) return tl::unexpected(size.error());
    message_size = *size;
  }
  return check_smb2_negotiate_answer(std::string_view(received).substr(kSmbFrameHeaderBytes, message_size));
}

}  // namespace

Status smb2_negotiate(const std::string& address, base::MonotonicTime deadline, int cancel_fd) {
  const auto parsed = parse_address(address);
  if (!parsed) return tl::unexpected(parsed.error());
  auto answered = negotiate(**parsed, deadline, cancel_fd);
  if (!answered) return base::with_context(answered.error(), address);
  return answered;
}

}  // namespace motoko::sources
