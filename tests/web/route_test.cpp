#include "exporter/web/route.h"

#include <gtest/gtest.h>

namespace motoko::web {
namespace {

Routes some_routes() {
  return {{.method = Method::get, .path = "/"},
          {.method = Method::get, .path = "/both"},
          {.method = Method::post, .path = "/both"},
          {.method = Method::post, .path = "/-/reload"}};
}

TEST(FindRoute, TakesMethodAndExactPath) {
  const auto routes = some_routes();
  EXPECT_EQ(find_route(routes, "GET", "/both").route, &routes[1]);
  EXPECT_EQ(find_route(routes, "POST", "/both").route, &routes[2]);
  EXPECT_EQ(find_route(routes, "HEAD", "/").route, &routes[0]);
  EXPECT_EQ(find_route(routes, "GET", "/both/").route, nullptr);
  EXPECT_EQ(find_route(routes, "GET", "").route, nullptr);
}

TEST(FindRoute, ListsWhatThePathAllows) {
  const auto routes = some_routes();
  EXPECT_EQ(find_route(routes, "PUT", "/both").allow, "GET, HEAD, POST");
  EXPECT_EQ(find_route(routes, "GET", "/-/reload").allow, "POST");
  EXPECT_EQ(find_route(routes, "get", "/").allow, "GET, HEAD") << "methods have a case";
  EXPECT_EQ(find_route(routes, "GET", "/none").allow, "");
}

}  // namespace
}  // namespace motoko::web
