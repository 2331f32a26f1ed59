// Who starts and stops Samba here, as the configuration says.
#pragma once

#include <memory>

#include "exporter/config/config.h"
#include "exporter/host/service.h"

namespace motoko::app {

/// Null: samba.enabled is false. Where systemd is asked for and is not there, each call says so.
[[nodiscard]] std::unique_ptr<host::Service> make_samba_service(const config::Config& config);

}  // namespace motoko::app
