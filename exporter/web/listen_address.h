// Where a server listens: the values of --web.listen-address.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::web {

struct ListenAddress {
  std::uint32_t ip = 0;  // IPv4, host byte order; 0: every interface
  std::uint16_t port = 0;
  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:19520"
[[nodiscard]] std::string to_string(ListenAddress address);

/// "0.0.0.0:19520", ":19520" (every interface), "localhost:0" (a free port). Names are resolved, so it may block on
/// DNS. Error std::errc::invalid_argument for what is no address, std::errc::address_family_not_supported for IPv6 and
/// unix sockets, which Debian's civetweb is built without; the message names the address.
[[nodiscard]] base::Result<ListenAddress> parse_listen_address(std::string_view text);

/// A socket that listens there, as civetweb would make it: to find out why civetweb could not.
[[nodiscard]] base::Result<base::UniqueFd> try_listen(ListenAddress address);

}  // namespace motoko::web
