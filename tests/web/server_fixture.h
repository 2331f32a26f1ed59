// A server on a free port with one route of each kind.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "exporter/web/http_server.h"
#include "tests/web/raw_client.h"

namespace motoko::web::testing {

inline Response fail_with_int(const Request&) {
  throw 42;
}  // NOLINT: what a handler must not be able to kill us with

/// Uses 300 KB of stack, three times what civetweb's threads have.
inline Response use_much_stack(const Request&) {
  volatile char frame[300 * 1024];
  for (std::size_t i = 0; i < sizeof frame; i += 512) frame[i] = static_cast<char>(i);
  return text_response(200, std::to_string(static_cast<int>(frame[1024])));
}

inline Routes test_routes() {
  Routes routes;
  routes.push_back({.path = "/hello", .handler = [](const Request& request) {
                      return text_response(200, "hello " + std::string(request.query));
                    }});
  routes.push_back({.path = "/page", .handler = [](const Request&) { return html_response("<p>page</p>"); }});
  routes.push_back(
      {.path = "/large", .handler = [](const Request&) { return text_response(200, std::string(5000, 'x')); }});
  routes.push_back({.path = "/huge", .handler = [](const Request&) {
                      auto response = text_response(200, std::string(3'000'000, 'y'));
                      response.content_type = "application/octet-stream";
                      return response;
                    }});
  routes.push_back({.path = "/shared", .handler = [](const Request&) {
                      Response response;
                      response.body = std::make_shared<const std::string>("plain");
                      response.gzip_body = std::make_shared<const std::string>("compressed before");
                      return response;
                    }});
  routes.push_back(
      {.path = "/throws", .handler = [](const Request&) -> Response { throw std::runtime_error("secret"); }});
  routes.push_back({.path = "/throws-int", .handler = fail_with_int});
  routes.push_back({.path = "/big-stack", .handler = use_much_stack, .big_stack = true});
  routes.push_back({.path = "/big-stack-throws",
                    .handler = [](const Request&) -> Response { throw std::runtime_error("secret"); },
                    .big_stack = true});
  routes.push_back({.path = "/injects", .handler = [](const Request&) {
                      auto response = text_response(200, "ok");
                      response.headers.emplace_back("X-Value", "one\r\nX-Second: two");
                      return response;
                    }});
  routes.push_back({.method = Method::post,
                    .path = "/echo",
                    .handler = [](const Request& request) { return text_response(200, request.body); },
                    .max_body_bytes = 100'000});
  routes.push_back({.method = Method::post, .path = "/reload", .handler = [](const Request& request) {
                      return text_response(200, "reloaded, body of " + std::to_string(request.body.size()));
                    }});
  routes.push_back({.method = Method::post,
                    .path = "/guarded",
                    .handler = [](const Request& request) { return text_response(200, request.body); },
                    .max_body_bytes = 100'000,
                    .admit = [](const Request& request) -> std::optional<Response> {
                      if (request.header("authorization") == "Bearer token") return std::nullopt;
                      return text_response(401, "who are you");
                    }});
  return routes;
}

class ServerFixture : public ::testing::Test {
 protected:
  void SetUp() override { start({.listen_addresses = {"127.0.0.1:0"}}); }

  void start(ServerOptions options) {
    server_.reset();
    auto server = HttpServer::start(std::move(options), test_routes());
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
    address_ = server_->addresses().front();
  }

  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

}  // namespace motoko::web::testing
