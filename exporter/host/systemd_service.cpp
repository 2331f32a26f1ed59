#include "exporter/host/systemd_service.h"

#include "exporter/host/samba_unit.h"

namespace motoko::host {

base::Result<SystemdUnits> SystemdService::connect_and_find() {
  auto units = SystemdUnits::connect();
  if (!units) {
    if (units.error().is(std::errc::not_supported))
      return with_context(units.error(), "samba.control is systemd (command is the other way)");
    return units;
  }
  if (!unit_.empty()) return units;
  const auto found = find_samba_unit(*units);
  if (!found) return tl::unexpected(found.error());
  unit_ = *found;
  return units;
}

base::Status SystemdService::start(std::chrono::milliseconds deadline) {
  auto units = connect_and_find();
  if (!units) return tl::unexpected(units.error());
  // Failures of the past, and starts that came too fast, are no reason not to start now.
  if (auto reset = units->reset_failed(unit_); !reset) return reset;
  return units->start(unit_, deadline);
}

base::Status SystemdService::stop(std::chrono::milliseconds deadline) {
  auto units = connect_and_find();
  if (!units) return tl::unexpected(units.error());
  return units->stop(unit_, deadline);
}

}  // namespace motoko::host
