#include "exporter/host/unit_mount.h"

#include <thread>

#include "exporter/host/systemd_units.h"
#include "exporter/host/unit_name.h"

namespace motoko::host {
namespace {

constexpr std::chrono::seconds kNoticesUnmount{5};

}  // namespace

bool has_mount_unit(const std::string& fstab) {
  return fstab == "/etc/fstab" && systemd_is_running();
}

base::Status start_mount_unit(const std::string& mountpoint, std::chrono::milliseconds deadline) {
  const auto unit = mount_unit_name(mountpoint);
  const auto end = std::chrono::steady_clock::now() + deadline;
  auto units = SystemdUnits::connect();
  if (!units) return tl::unexpected(units.error());
  const auto left = [&] {
    return std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  };
  // systemd reads the mount table a little later than the kernel changes it. Starting a unit that it still takes for
  // mounted would succeed and mount nothing.
  auto state = units->state(unit);
  for (auto until = std::chrono::steady_clock::now() + kNoticesUnmount;
       state && (state->active_state == "active" || state->active_state == "deactivating") &&
       std::chrono::steady_clock::now() < until;
       state = units->state(unit))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (!state) return tl::unexpected(state.error());
  if (state->active_state == "active")
    return base::failure(std::errc::no_message_available,
                         "systemd takes " + unit +
                             " for mounted, though nothing is; `systemctl daemon-reexec` makes it "
                             "look again");
  // Also where the unit is not there at all: the line may have been added since systemd read fstab.
  if (state->need_daemon_reload || state->load_state == "not-found")
    if (auto reloaded = units->daemon_reload(left()); !reloaded) return reloaded;
  if (auto reset = units->reset_failed(unit); !reset) return reset;
  return units->start(unit, left());
}

}  // namespace motoko::host
