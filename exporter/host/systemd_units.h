// Units of systemd, asked of and changed by PID 1 over D-Bus: the mounts and services that a fix starts and stops.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "exporter/base/result.h"

namespace motoko::host {

class SystemdConnection;

/// What systemd says of a unit, in its words (org.freedesktop.systemd1(5)).
struct UnitState {
  std::string id;               // its own name, also where it was asked for by another one
  std::string load_state;       // "loaded", "not-found", "masked", "bad-setting", "error"
  std::string active_state;     // "active", "inactive", "failed", "activating", "deactivating", "reloading"
  std::string sub_state;        // "mounted", "running", "dead", "mount-start", ...
  std::string result;           // of the last run: "success", "exit-code", "timeout", ...; empty: it has none
  std::string unit_file_state;  // "enabled", "disabled", "static", "generated", ...; empty: no file
  std::string fragment_path;    // "/run/systemd/generator/time.mount"; empty: none
  std::string source_path;      // what that was generated from: "/etc/fstab"; empty: nothing
  bool need_daemon_reload = false;
  bool operator==(const UnitState&) const = default;
};

/// systemd is PID 1 of this host (sd_booted(3)). `run`: where /run is.
[[nodiscard]] bool systemd_is_running(const std::string& run = "/run");

/// A connection to PID 1. Used by one thread at a time. Unit names are full ("time.mount"); each error says what to do.
class SystemdUnits {
 public:
  /// What answers at once is given this long.
  static constexpr std::chrono::seconds kCallDeadline{10};

  /// Through systemd's own socket, which only root may use and which works without dbus-daemon, else through the system
  /// bus. Error: not_supported where systemd is not PID 1, permission_denied, timed_out, or why neither was there.
  [[nodiscard]] static base::Result<SystemdUnits> connect(const std::string& run = "/run",
                                                          std::chrono::milliseconds deadline = kCallDeadline);
  SystemdUnits(SystemdUnits&&) noexcept;
  SystemdUnits& operator=(SystemdUnits&&) noexcept;
  ~SystemdUnits();

  /// A unit that does not exist has load_state "not-found", and is no error. What it says of a mount may be a second
  /// behind the kernel where many mounts changed: systemd reads the mount table at most five times a second.
  [[nodiscard]] base::Result<UnitState> state(const std::string& unit);

  /// Returns when systemd has done it: a mount is mounted, a service has said that it is up. Starting what is active,
  /// and stopping what is not, succeeds and changes nothing; so does starting a unit whose Condition...= is not met,
  /// and a mount that died under systemd is `active` all the same: look at what was to come of it. Error:
  /// no_such_file_or_directory (no such unit), permission_denied; no_message_available for what its text says: masked,
  /// or the job failed. timed_out: not done within the deadline. A job that was still waiting for others is then
  /// cancelled, so that it does not happen later; one that runs goes on, for cancelling it would end neither mount(8)
  /// nor the service.
  [[nodiscard]] base::Status start(const std::string& unit, std::chrono::milliseconds deadline);
  [[nodiscard]] base::Status stop(const std::string& unit, std::chrono::milliseconds deadline);

  /// Forgets failures and the start limit. A unit that never failed, or does not exist, is no error.
  [[nodiscard]] base::Status reset_failed(const std::string& unit);

  /// Reads unit files and fstab again. Error timed_out: systemd goes on with it.
  [[nodiscard]] base::Status daemon_reload(std::chrono::milliseconds deadline);

 private:
  explicit SystemdUnits(SystemdConnection connection);
  [[nodiscard]] base::Status run_job(const char* method, const std::string& unit, std::chrono::milliseconds deadline);

  std::unique_ptr<SystemdConnection> connection_;
};

}  // namespace motoko::host
