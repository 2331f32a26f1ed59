// The names of systemd's units for mounts.
#pragma once

#include <string>
#include <string_view>

namespace motoko::host {

/// "/srv/time machine" gives "srv-time\x20machine.mount", "/" gives "-.mount": systemd.unit(5), "String escaping for
/// inclusion in unit names". `mountpoint` is absolute and has no "." or ".." in it; superfluous slashes do not matter.
/// A name longer than the 255 bytes that systemd allows belongs to no unit: systemd hashes such paths.
[[nodiscard]] std::string mount_unit_name(std::string_view mountpoint);

}  // namespace motoko::host
