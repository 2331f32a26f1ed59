// gzip for responses, and what Accept-Encoding says about it.
#pragma once

#include <string>
#include <string_view>

namespace motoko::web {

/// `text` as gzip (RFC 1952), fastest level. Throws std::bad_alloc when memory is short. Callable from every thread.
[[nodiscard]] std::string gzip(std::string_view text);

/// True where a value of Accept-Encoding (RFC 9110, 12.5.3) takes gzip: named, or covered by `*`, with a weight above
/// 0.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace motoko::web
