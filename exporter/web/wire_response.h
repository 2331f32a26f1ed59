// A Response as the bytes that go to the client: status line, header fields, the choice between plain and gzip.
#pragma once

#include <string>

#include "exporter/base/clock.h"
#include "exporter/web/message.h"

namespace motoko::web {

enum class AfterResponse { keep_open, keep_open_http10, close };

struct WireResponse {
  std::string head;  // up to and with the empty line; its Content-Length is that of `body`
  SharedText body;   // what follows it, but not for HEAD; null: nothing
};

/// `request`: null where there was none that could be read. Compresses text of more than 1 KiB where the client takes
/// gzip and the response brings no compressed variant. Throws std::bad_alloc.
[[nodiscard]] WireResponse encode(const Response& response, const Request* request, AfterResponse after,
                                  base::WallTime now);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
[[nodiscard]] std::string http_date(base::WallTime time);

}  // namespace motoko::web
