#include "exporter/web/http_server.h"

#include <civetweb.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "exporter/base/logging.h"
#include "exporter/web/exchange.h"
#include "exporter/web/listen_address.h"

namespace motoko::web {
namespace {

constexpr std::chrono::milliseconds kStopGrace{1'000};

using ContextOwner = std::unique_ptr<mg_context, decltype(&mg_stop)>;

/// Why civetweb could not listen: it tells only text.
base::Error listen_error(const std::vector<ListenAddress>& addresses, const std::string& civetweb_says) {
  std::vector<base::UniqueFd> taken;  // kept, so that an address given twice is found too
  for (const auto address : addresses) {
    auto fd = try_listen(address);
    if (!fd) return fd.error();
    taken.push_back(std::move(*fd));
  }
  return {std::make_error_code(std::errc::io_error), "start the web server: " + civetweb_says};
}

}  // namespace

/// Civetweb's side: its options, its callbacks and its life.
class HttpServer::Civetweb {
 public:
  Civetweb(const ServerOptions& options, Routes routes, std::vector<ListenAddress> addresses)
      : addresses_(std::move(addresses)),
        guard_({.connections = options.threads}),
        service_{std::move(routes), options.request_deadline, guard_, nullptr} {
    if (std::any_of(service_.routes.begin(), service_.routes.end(), [](const Route& route) { return route.big_stack; }))
      service_.big_stack = &big_stack_.emplace();
  }

  ~Civetweb() {
    if (!context_) return;
    guard_.stop(std::chrono::steady_clock::now() + kStopGrace);
    context_.reset();
    mg_exit_library();
  }

  base::Status start(const ServerOptions& options) {
    const auto settings = settings_of(options);
    std::vector<const char*> pointers;
    for (const auto& [name, value] : settings) pointers.insert(pointers.end(), {name.c_str(), value.c_str()});
    pointers.push_back(nullptr);
    const auto callbacks = callbacks_to_us();
    mg_init_data init{&callbacks, this, pointers.data()};
    mg_init_library(MG_FEATURES_DEFAULT);
    context_.reset(mg_start2(&init, nullptr));
    if (!context_) {
      mg_exit_library();
      return tl::unexpected(listen_error(addresses_, start_messages_));
    }
    started_ = true;
    std::vector<mg_server_port> ports(addresses_.size());
    mg_get_server_ports(context_.get(), static_cast<int>(ports.size()), ports.data());
    std::vector<std::uint16_t> local_ports;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      addresses_[i].port = static_cast<std::uint16_t>(ports[i].port);
      local_ports.push_back(addresses_[i].port);
    }
    guard_.watch(std::move(local_ports));
    return {};
  }

  [[nodiscard]] const std::vector<ListenAddress>& addresses() const { return addresses_; }

 private:
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> settings_of(const ServerOptions& options) const {
    std::vector<std::string> ports;
    for (const auto address : addresses_) ports.push_back(to_string(address));
    return {
        {"listening_ports", fmt::format("{}", fmt::join(ports, ","))},
        {"num_threads", std::to_string(options.threads)},
        {"connection_queue", "128"},  // accepted and waiting for a thread: only those can be told apart and cut off
        {"tcp_nodelay", "1"},
        {"enable_keep_alive", "yes"},
        {"keep_alive_timeout_ms", std::to_string(options.idle_connection_limit.count())},
        {"request_timeout_ms", std::to_string(options.request_deadline.count())},
        {"decode_url", "no"},  // paths match as they were sent
        {"enable_auth_domain_check", "no"},
    };
  }

  static mg_callbacks callbacks_to_us() {
    mg_callbacks callbacks{};
    // Takes every request (it never gives 0) before civetweb looks for CORS preflights, WebSockets, handlers of parent
    // paths, files or scripts: nothing of that has to be switched off one by one.
    callbacks.begin_request = [](mg_connection* connection) noexcept { return of(connection).take(connection); };
    callbacks.http_error = [](mg_connection* connection, int status, const char*) noexcept {
      answer_unreadable(connection, status);
      return 0;
    };
    callbacks.init_connection = [](const mg_connection* connection, void**) noexcept {
      of(connection).guard_.opened();
      return 0;
    };
    callbacks.connection_close = [](const mg_connection* connection) noexcept { of(connection).guard_.closing(); };
    callbacks.connection_closed = [](const mg_connection* connection) noexcept { of(connection).guard_.closed(); };
    callbacks.log_message = [](const mg_connection* connection, const char* message) noexcept {
      of(connection).note(message);
      return 1;
    };
    return callbacks;
  }

  static Civetweb& of(const mg_connection* connection) {
    return *static_cast<Civetweb*>(mg_get_user_data(mg_get_context(connection)));
  }

  int take(mg_connection* connection) noexcept {
    try {
      return answer(connection, service_);
    } catch (const std::exception& error) {  // not a handler's: no memory for the response
      base::log_error("request failed", {{"error", error.what()}});
      mg_disable_connection_keep_alive(connection);
      return 500;
    }
  }

  void note(const char* message) {
    if (started_)
      base::log_debug("civetweb", {{"message", message}});
    else
      start_messages_ += start_messages_.empty() ? message : std::string("; ") + message;
  }

  std::vector<ListenAddress> addresses_;
  ConnectionGuard guard_;
  std::optional<BigStack> big_stack_;
  Service service_;
  std::string start_messages_;
  std::atomic<bool> started_ = false;
  ContextOwner context_{nullptr, &mg_stop};
};

HttpServer::HttpServer(std::unique_ptr<Civetweb> civetweb) : civetweb_(std::move(civetweb)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerOptions& options, Routes routes) {
  if (options.listen_addresses.empty())
    return base::failure(std::errc::invalid_argument, "start the web server: --web.listen-address names no address");
  std::vector<ListenAddress> addresses;
  for (const auto& text : options.listen_addresses) {
    auto address = parse_listen_address(text);
    if (!address) return tl::unexpected(std::move(address.error()));
    addresses.push_back(*address);
  }
  auto civetweb = std::make_unique<Civetweb>(options, std::move(routes), std::move(addresses));
  if (auto started = civetweb->start(options); !started) return tl::unexpected(std::move(started.error()));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(civetweb)));
}

std::vector<std::string> HttpServer::addresses() const {
  std::vector<std::string> texts;
  for (const auto address : civetweb_->addresses()) texts.push_back(to_string(address));
  return texts;
}

}  // namespace motoko::web
