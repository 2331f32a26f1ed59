// Values of the `samba` section. Nothing here asks the network or systemd.
#pragma once

#include <string>
#include <string_view>

#include "exporter/config/parsed.h"

namespace motoko::config {

/// "auto", or the name of a service unit with its ".service" (systemd.unit(5)).
[[nodiscard]] Parsed<std::string> parse_service_unit(std::string_view text);

/// "127.0.0.1:445", "fileserver:445", "[::1]:445", as written; the port is 1 to 65535. Names are not looked up.
[[nodiscard]] Parsed<std::string> parse_host_port(std::string_view text);

}  // namespace motoko::config
