#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {
namespace {

using base::UniqueFd;
using Clock = std::chrono::steady_clock;

base::Result<sockaddr_in> parse_address(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in parsed{};
  parsed.sin_family = AF_INET;
  unsigned port = 0;
  const auto* end = address.data() + address.size();
  if (colon == std::string::npos || std::from_chars(address.data() + colon + 1, end, port).ptr != end ||
      ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &parsed.sin_addr) != 1) {
    return base::failure(std::errc::invalid_argument, "no IPv4 address and port: " + address);
  }
  parsed.sin_port = htons(static_cast<std::uint16_t>(port));
  return parsed;
}

/// Waits until `fd` is ready for `events`; false: the deadline came first.
bool ready(int fd, short events, Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  pollfd waited{fd, events, 0};
  return left.count() > 0 && ::poll(&waited, 1, static_cast<int>(left.count())) > 0;
}

std::string render(const std::string& address, const HttpRequest& request) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + address + "\r\n";
  for (const auto& [name, value] : request.headers) text.append(name).append(": ").append(value).append("\r\n");
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "Connection: close\r\n\r\n" + request.body;
}

std::string unchunk(std::string_view body) {
  std::string whole;
  while (true) {
    const auto line_end = body.find("\r\n");
    std::size_t size = 0;
    if (line_end == std::string_view::npos) throw std::runtime_error("chunked body ends early");
    std::from_chars(body.data(), body.data() + line_end, size, 16);
    if (size == 0) return whole;
    if (body.size() < line_end + 2 + size + 2) throw std::runtime_error("chunk ends early");
    whole.append(body.substr(line_end + 2, size));
    body.remove_prefix(line_end + 2 + size + 2);
  }
}

/// A whole answer; none: something of it is missing.
std::optional<HttpResponse> parse(std::string_view text, bool has_body) {
  const auto head_end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.") || text.size() < 12 || head_end == std::string_view::npos) return std::nullopt;
  HttpResponse response;
  std::from_chars(text.data() + 9, text.data() + 12, response.status);
  auto head = text.substr(0, head_end + 2);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto value = line.substr(std::min(line.size(), line.find_first_not_of(" \t", colon + 1)));
    response.headers[name] = std::string(value);
  }
  response.body = std::string(text.substr(head_end + 4));
  if (response.header("transfer-encoding") == "chunked") {
    response.body = unchunk(response.body);
  } else if (has_body && response.headers.contains("content-length") &&
             response.body.size() != std::stoul(response.header("content-length"))) {
    return std::nullopt;
  }
  return response;
}

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

base::Result<HttpResponse> http(const std::string& address, const HttpRequest& request,
                                std::chrono::milliseconds deadline) {
  const auto start = Clock::now();
  const auto end = start + deadline;
  const auto where = address + request.target;
  const auto target = parse_address(address);
  if (!target) return base::with_context(target.error(), where);
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return base::errno_error(errno, where + ": socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*target), sizeof *target) != 0 &&
      errno != EINPROGRESS) {
    return base::errno_error(errno, where + ": connect");
  }

  auto unsent = render(address, request);
  while (!unsent.empty()) {
    if (!ready(socket.get(), POLLOUT, end)) return base::failure(std::errc::timed_out, where + ": sending timed out");
    const auto sent = ::send(socket.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      if (errno == EPIPE || errno == ECONNRESET) break;  // it may have answered before it read everything
      return base::errno_error(errno, where + ": send");
    }
    if (sent > 0) unsent.erase(0, static_cast<std::size_t>(sent));
  }

  std::string received;
  std::array<char, 65536> buffer;
  while (true) {
    if (!ready(socket.get(), POLLIN, end)) return base::failure(std::errc::timed_out, where + ": no answer in time");
    const auto count = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) break;
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0 && received.empty()) return base::errno_error(errno, where + ": receive");
    if (count < 0) break;
    received.append(buffer.data(), static_cast<std::size_t>(count));
  }
  auto response = parse(received, request.method != "HEAD");
  if (!response) return base::failure(std::errc::protocol_error, where + ": not a whole HTTP answer: " + received);
  response->duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  return *response;
}

std::string gunzip(std::string_view packed) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string plain;
  std::array<char, 65536> buffer;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    status = inflate(&stream, Z_NO_FLUSH);
    plain.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) throw std::runtime_error("not a whole gzip stream");
  return plain;
}

}  // namespace motoko::testing
