// One request on a civetweb connection, from its header to the last byte of the response.
#pragma once

#include <chrono>

#include "exporter/web/big_stack.h"
#include "exporter/web/connection_guard.h"
#include "exporter/web/route.h"

struct mg_connection;

namespace motoko::web {

/// What every exchange of a server shares.
struct Service {
  Routes routes;
  std::chrono::milliseconds body_deadline;
  ConnectionGuard& guard;
  BigStack* big_stack;  // null: no route asks for it
};

/// Answers the request that civetweb has parsed, by its route, and closes the connection afterwards where the client
/// asks for it, the body was not wanted or the server is crowded. Gives the status. Throws std::bad_alloc.
int answer(mg_connection* connection, const Service& service);

/// Answers what civetweb could not parse; it closes the connection itself. `civetweb_status`: what it would have sent.
void answer_unreadable(mg_connection* connection, int civetweb_status);

}  // namespace motoko::web
