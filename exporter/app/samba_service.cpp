#include "exporter/app/samba_service.h"

#include "exporter/host/systemd_service.h"

namespace motoko::app {

std::unique_ptr<host::Service> make_samba_service(const config::Config& config) {
  if (!config.samba.enabled) return nullptr;
  switch (config.samba.control) {
    case config::SambaControl::command:
      return std::make_unique<host::CommandService>(config.samba.start_command, config.samba.stop_command);
    case config::SambaControl::systemd:
      return std::make_unique<host::SystemdService>(config.samba.unit == "auto" ? "" : config.samba.unit);
  }
  return nullptr;
}

}  // namespace motoko::app
