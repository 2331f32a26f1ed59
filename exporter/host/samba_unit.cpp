#include "exporter/host/samba_unit.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace motoko::host {
namespace {

/// Those of `units` that are so, but all of them where none is.
std::vector<UnitState> preferring(const std::vector<UnitState>& units,
                                  const std::function<bool(const UnitState&)>& is_so) {
  std::vector<UnitState> chosen;
  std::copy_if(units.begin(), units.end(), std::back_inserter(chosen), is_so);
  return chosen.empty() ? units : chosen;
}

}  // namespace

base::Result<std::string> choose_samba_unit(const std::vector<UnitState>& candidates) {
  std::vector<UnitState> units;
  bool masked = false;
  for (const auto& unit : candidates) {
    const bool known = std::any_of(units.begin(), units.end(), [&](const auto& other) { return other.id == unit.id; });
    masked = masked || unit.load_state == "masked";
    if (unit.load_state == "loaded" && !known) units.push_back(unit);  // one may be an alias of the other
  }
  if (units.empty()) {
    return base::failure(masked ? std::errc::no_message_available : std::errc::no_such_file_or_directory,
                         masked ? "Samba's unit is masked (systemctl unmask), or name another one as samba.unit in the "
                                  "configuration"
                                : "systemd knows neither smbd.service nor smb.service; name Samba's unit as samba.unit "
                                  "in the configuration");
  }
  const auto runs = [](const UnitState& unit) {
    return unit.active_state != "inactive" && unit.active_state != "failed";
  };
  const auto is_enabled = [](const UnitState& unit) { return unit.unit_file_state.starts_with("enabled"); };
  units = preferring(preferring(units, runs), is_enabled);
  if (units.size() == 1) return units.front().id;
  return base::failure(std::errc::no_message_available,
                       "both smbd.service and smb.service may be Samba; name the right one as samba.unit in the "
                       "configuration");
}

base::Result<std::string> find_samba_unit(SystemdUnits& units) {
  std::vector<UnitState> candidates;
  for (const auto* name : {"smbd.service", "smb.service"}) {
    auto state = units.state(name);
    if (!state) return tl::unexpected(std::move(state.error()));
    candidates.push_back(*std::move(state));
  }
  return choose_samba_unit(candidates);
}

}  // namespace motoko::host
