#include "exporter/web/exchange.h"

#include <civetweb.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>

#include "exporter/base/logging.h"
#include "exporter/web/body_framing.h"
#include "exporter/web/wire_response.h"

namespace motoko::web {
namespace {

// Up to here one send() of header and body together is cheaper than two without the copy.
constexpr std::size_t kSentTogether = std::size_t{64} * 1024;
constexpr std::size_t kReadStep = std::size_t{16} * 1024;
// What a client may still send after it was refused, so that it comes to read why instead of a reset connection.
constexpr std::size_t kMaxThrownAway = std::size_t{8} * 1024 * 1024;
constexpr std::chrono::milliseconds kThrowAwayLimit{1'000};

std::string_view view(const char* text) {
  return text ? std::string_view(text) : std::string_view();
}

Request request_head(const mg_request_info& info) {
  Request request;
  request.method = view(info.request_method);
  request.path = view(info.local_uri_raw);
  request.query = view(info.query_string);
  request.remote_address = info.remote_addr;
  request.headers.reserve(static_cast<std::size_t>(info.num_headers));
  for (int i = 0; i < info.num_headers; ++i)
    request.headers.push_back({view(info.http_headers[i].name), view(info.http_headers[i].value)});
  return request;
}

AfterResponse wanted_by_client(const Request& request, std::string_view http_version) {
  const bool http11 = http_version == "1.1";
  const auto keep = http11 ? AfterResponse::keep_open : AfterResponse::keep_open_http10;
  if (request.header("Upgrade")) return AfterResponse::close;  // there is nothing to upgrade to
  const auto connection = request.header("Connection");
  if (!connection) return http11 ? keep : AfterResponse::close;
  for (auto options = *connection; !options.empty();)
    if (equal_ignoring_case(next_list_element(options), "keep-alive")) return keep;
  return AfterResponse::close;  // with any other option too, as civetweb does
}

void send(mg_connection* connection, WireResponse wire) {
  if (wire.body && wire.body->size() <= kSentTogether) {
    wire.head += *wire.body;
    wire.body = nullptr;
  }
  mg_write(connection, wire.head.data(), wire.head.size());
  if (wire.body) mg_write(connection, wire.body->data(), wire.body->size());
}

std::optional<Client> client_of(const mg_request_info& info) {
  return parse_client(info.remote_addr, info.remote_port);
}

std::optional<int> socket_of(const mg_request_info& info) {
  const auto client = client_of(info);
  return client ? find_connection(*client, static_cast<std::uint16_t>(info.server_port)) : std::nullopt;
}

/// Ends our side of the connection and reads what the client still sends, within bounds.
void throw_away_input(int fd) {
  ::shutdown(fd, SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + kThrowAwayLimit;
  std::array<char, kReadStep> buffer;
  for (std::size_t total = 0; total < kMaxThrownAway;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd readable{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&readable, 1, static_cast<int>(left.count())) <= 0) return;
    const auto count = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    total += static_cast<std::size_t>(count);
  }
}

class Exchange {
 public:
  Exchange(mg_connection* connection, const Service& service)
      : connection_(connection),
        service_(service),
        info_(*mg_get_request_info(connection)),
        client_(client_of(info_)),
        request_(request_head(info_)) {}

  int run() {
    const Response response = respond();
    if (!busy_ && client_) busy_.emplace(service_.guard, *client_);
    auto after = wanted_by_client(request_, view(info_.http_version));
    if (body_unread_ || service_.guard.crowded()) after = AfterResponse::close;
    // Also keeps civetweb from reckoning with the length of a body nobody read: a huge one overflows there.
    if (after == AfterResponse::close) mg_disable_connection_keep_alive(connection_);
    auto wire = encode(response, &request_, after, std::chrono::system_clock::now());
    if (busy_) busy_->sending();
    send(connection_, std::move(wire));
    busy_.reset();
    if (body_unread_)
      if (const auto fd = socket_of(info_)) throw_away_input(*fd);
    return response.status;
  }

 private:
  Response respond() {
    const auto framing = body_framing(request_.headers);
    body_unread_ = !framing || framing->has_body();
    if (!framing) return text_response(400, framing.error().context);
    const auto match = find_route(service_.routes, request_.method, request_.path);
    if (!match.route && match.allow.empty()) return text_response(404, "not found");
    if (!match.route) {
      auto refusal = text_response(405, "this path takes " + match.allow);
      refusal.headers.emplace_back("Allow", match.allow);
      return refusal;
    }
    return run_guarded([&] { return respond(*match.route, *framing); });
  }

  Response respond(const Route& route, const BodyFraming& framing) {
    if (route.admit)
      if (auto refusal = route.admit(request_)) return std::move(*refusal);
    if (route.max_body_bytes)
      if (auto refusal = read_body(framing, *route.max_body_bytes)) return std::move(*refusal);
    if (client_) busy_.emplace(service_.guard, *client_);
    if (!route.big_stack || !service_.big_stack) return route.handler(request_);
    Response response;
    service_.big_stack->run([&] { response = route.handler(request_); });
    return response;
  }

  template <typename Work>
  Response run_guarded(const Work& work) {
    std::string thrown = "something that is no std::exception";
    try {
      return work();
    } catch (const std::exception& error) {
      thrown = error.what();
    } catch (...) {
    }
    base::log_error("request failed", {{"path", std::string(request_.path)}, {"error", std::move(thrown)}});
    return text_response(500, "internal error; the log says more");
  }

  /// Fills the request's body, or says why not.
  std::optional<Response> read_body(const BodyFraming& framing, std::size_t max_bytes) {
    if (!framing.length) return text_response(411, "send a Content-Length");
    if (*framing.length > max_bytes) return text_response(413, fmt::format("at most {} bytes", max_bytes));
    if (*framing.length == 0) return std::nullopt;
    const auto fd = socket_of(info_);
    if (!fd) return text_response(503, "this connection cannot be told from another; try again");
    if (const auto expect = request_.header("Expect")) {
      if (!equal_ignoring_case(*expect, "100-continue")) return text_response(417, "only 100-continue can be met");
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      mg_write(connection_, kContinue.data(), kContinue.size());
    }
    const auto deadline = std::chrono::steady_clock::now() + service_.body_deadline;
    const ConnectionGuard::ReadDeadline limit(service_.guard, *fd, deadline);
    auto& body = request_.body;
    while (body.size() < *framing.length) {
      const auto before = body.size();
      body.resize(before + std::min<std::size_t>(kReadStep, *framing.length - before));
      const int count = mg_read(connection_, body.data() + before, body.size() - before);
      body.resize(before + static_cast<std::size_t>(std::max(count, 0)));
      if (body.size() == before)
        return text_response(408, "the body did not come in time, or not as long as announced");
    }
    body_unread_ = false;
    return std::nullopt;
  }

  mg_connection* connection_;
  const Service& service_;
  const mg_request_info& info_;
  const std::optional<Client> client_;
  Request request_;
  bool body_unread_ = false;
  std::optional<ConnectionGuard::Busy> busy_;
};

}  // namespace

int answer(mg_connection* connection, const Service& service) {
  return Exchange(connection, service).run();
}

void answer_unreadable(mg_connection* connection, int civetweb_status) {
  const int status = civetweb_status == 411 ? 400 : civetweb_status;  // 411: its word for a length that is no number
  const auto response = text_response(status, "the request cannot be understood, is too large or did not come in time");
  send(connection, encode(response, nullptr, AfterResponse::close, std::chrono::system_clock::now()));
  if (const auto fd = socket_of(*mg_get_request_info(connection))) throw_away_input(*fd);
}

}  // namespace motoko::web
