// Which unit is Samba's file server: distributions call it smbd.service (Debian) or smb.service (Fedora, Arch, SUSE).
#pragma once

#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/host/systemd_units.h"

namespace motoko::host {

/// Among the states of the units that may be it: the one that is loaded. Of several, the one that runs, and where that
/// does not tell, the one that is enabled: taking the wrong one would stop nothing and start a second smbd. Error:
/// there is none, or they cannot be told apart; its text says what to configure.
[[nodiscard]] base::Result<std::string> choose_samba_unit(const std::vector<UnitState>& candidates);

/// choose_samba_unit() of smbd.service and smb.service.
[[nodiscard]] base::Result<std::string> find_samba_unit(SystemdUnits& units);

}  // namespace motoko::host
