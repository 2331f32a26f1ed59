// Which handler answers which request. Exact paths only: nothing below a path belongs to it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/web/message.h"

namespace motoko::web {

/// Called from several threads at once. What it throws becomes a 500 and a line in the log.
using Handler = std::function<Response(const Request&)>;

/// A refusal, or nothing where the request may go on.
using Admission = std::function<std::optional<Response>(const Request&)>;

enum class Method { get, post };

struct Route {
  Method method = Method::get;  // a GET route answers HEAD too
  std::string path = {};
  Handler handler = {};
  std::optional<std::size_t> max_body_bytes = {};  // none: takes no body; one that comes is thrown away
  Admission admit = {};    // asked before the body is read (authorization, content type); empty: everybody may
  bool big_stack = false;  // run on a thread with a normal stack: the server's own have 100 KB
};

using Routes = std::vector<Route>;

/// The route, or why there is none. `route` points into the routes searched.
struct RouteMatch {
  const Route* route = nullptr;
  std::string allow;  // without a route: the methods the path has, for `Allow`; empty: no such path
};

[[nodiscard]] RouteMatch find_route(const Routes& routes, std::string_view method, std::string_view path);

}  // namespace motoko::web
