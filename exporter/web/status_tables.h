// The status page's parts besides the mounts. Each is empty where the page has nothing of its kind.
#pragma once

#include "exporter/web/html.h"
#include "exporter/web/status_page.h"

namespace motoko::web {

[[nodiscard]] Html samba_section(const StatusPage& page);
[[nodiscard]] Html backups_section(const StatusPage& page);

/// The newest fifty.
[[nodiscard]] Html kernel_events_section(const StatusPage& page);

/// The collectors that failed.
[[nodiscard]] Html collectors_section(const StatusPage& page);

}  // namespace motoko::web
