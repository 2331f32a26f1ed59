#include "exporter/web/route.h"

namespace motoko::web {
namespace {

std::string_view allow_value(Method method) {
  switch (method) {
    case Method::get:
      return "GET, HEAD";
    case Method::post:
      return "POST";
  }
  return {};
}

bool takes(Method method, std::string_view name) {
  switch (method) {
    case Method::get:
      return name == "GET" || name == "HEAD";
    case Method::post:
      return name == "POST";
  }
  return false;
}

}  // namespace

RouteMatch find_route(const Routes& routes, std::string_view method, std::string_view path) {
  RouteMatch match;
  for (const auto& route : routes) {
    if (route.path != path) continue;
    if (takes(route.method, method)) return {&route, {}};
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += allow_value(route.method);
  }
  return match;
}

}  // namespace motoko::web
