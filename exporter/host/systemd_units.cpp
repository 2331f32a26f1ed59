#include "exporter/host/systemd_units.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "exporter/base/text.h"
#include "exporter/host/systemd_connection.h"

namespace motoko::host {
namespace {

using base::MonotonicTime;
using base::Result;
using base::Status;
using std::chrono::milliseconds;

MonotonicTime after(milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

/// How to look at it, to be pasted into a shell, which would eat the backslashes of "time\x20machine.mount".
std::string how_to_look(const std::string& unit) {
  const std::string word = unit.find('\\') == std::string::npos ? unit : "'" + unit + "'";
  return fmt::format(" (see systemctl status {0} and journalctl -u {0})", word);
}

/// For decisions by code, and for people with the way out. Names: systemd's bus-common-errors.h and sd-bus-errors(3).
tl::unexpected<base::Error> explained(const CallError& call_error, const std::string& context) {
  const std::string& name = call_error.name;
  const base::Error& error = call_error.error;
  const auto as = [&](std::errc code, const std::string& way_out) {
    return base::failure(code, fmt::format("{}: {}{}", context, error.context, way_out));
  };
  if (name == "org.freedesktop.systemd1.NoSuchUnit")
    return as(std::errc::no_such_file_or_directory, " Where its file or fstab is new: systemctl daemon-reload.");
  if (name == "org.freedesktop.systemd1.UnitMasked")
    return as(std::errc::no_message_available, " Undo that with systemctl unmask.");
  if (name == "org.freedesktop.DBus.Error.AccessDenied" ||
      name == "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
    return as(std::errc::permission_denied, " (needs root, or a polkit rule for org.freedesktop.systemd1)");
  if (error.is(std::errc::timed_out) || name == "org.freedesktop.DBus.Error.NoReply")
    return base::failure(std::errc::timed_out, context + ": systemd does not answer");
  if (name.starts_with("org.freedesktop.systemd1.")) return as(std::errc::no_message_available, "");
  return base::with_context(error, context);
}

bool is_missing_socket(const base::Error& error) {
  return error.is(std::errc::no_such_file_or_directory) || error.is(std::errc::connection_refused);
}

/// The properties of a unit that are text or truth values; `reply` is that of GetAll, "a{sv}".
UnitState read_properties(sd_bus_message* reply) {
  UnitState state;
  const std::pair<std::string_view, std::string UnitState::*> texts[] = {
      {"Id", &UnitState::id},
      {"LoadState", &UnitState::load_state},
      {"ActiveState", &UnitState::active_state},
      {"SubState", &UnitState::sub_state},
      {"Result", &UnitState::result},
      {"UnitFileState", &UnitState::unit_file_state},
      {"FragmentPath", &UnitState::fragment_path},
      {"SourcePath", &UnitState::source_path},
  };
  sd_bus_message_enter_container(reply, 'a', "{sv}");
  while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
    const char* name = nullptr;
    const char* type = nullptr;
    if (sd_bus_message_read_basic(reply, 's', &name) <= 0 || name == nullptr) break;
    if (sd_bus_message_peek_type(reply, nullptr, &type) <= 0 || type == nullptr) break;
    const auto text = std::find_if(std::begin(texts), std::end(texts), [&](auto& row) { return row.first == name; });
    if (text != std::end(texts) && type == std::string_view("s")) {
      const char* value = nullptr;
      if (sd_bus_message_read(reply, "v", "s", &value) > 0 && value != nullptr) state.*(text->second) = value;
    } else if (name == std::string_view("NeedDaemonReload") && type == std::string_view("b")) {
      int value = 0;
      if (sd_bus_message_read(reply, "v", "b", &value) > 0) state.need_daemon_reload = value != 0;
    } else {
      sd_bus_message_skip(reply, "v");
    }
    if (sd_bus_message_exit_container(reply) < 0) break;
  }
  return state;
}

std::string_view in_words(std::string_view job_result) {
  if (job_result == "dependency") return " (something that it needs failed)";
  if (job_result == "timeout") return " (systemd's own limit)";
  if (job_result == "canceled") return " (by another request)";
  return "";
}

/// True: the job had not begun, and never will.
bool cancel_if_waiting(SystemdConnection& connection, const std::string& job) {
  constexpr const char* kJob = "org.freedesktop.systemd1.Job";
  const auto end = after(SystemdUnits::kCallDeadline);
  const auto state = connection.call(
      {.path = job, .interface = "org.freedesktop.DBus.Properties", .method = "Get", .arguments = {kJob, "State"}},
      end);
  const char* word = nullptr;
  if (!state || sd_bus_message_read(state->get(), "v", "s", &word) <= 0 || word == nullptr) return false;
  return word == std::string_view("waiting") &&
         connection.call({.path = job, .interface = kJob, .method = "Cancel"}, end).has_value();
}

}  // namespace

bool systemd_is_running(const std::string& run) {
  struct stat status {};
  return ::lstat((run + "/systemd/system").c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

SystemdUnits::SystemdUnits(SystemdConnection connection)
    : connection_(std::make_unique<SystemdConnection>(std::move(connection))) {}
SystemdUnits::SystemdUnits(SystemdUnits&&) noexcept = default;
SystemdUnits& SystemdUnits::operator=(SystemdUnits&&) noexcept = default;
SystemdUnits::~SystemdUnits() = default;

Result<SystemdUnits> SystemdUnits::connect(const std::string& run, milliseconds deadline) {
  if (!systemd_is_running(run))
    return base::failure(std::errc::not_supported, fmt::format("systemd does not run here (no {}/systemd/system); for "
                                                               "Samba set samba.control: command",
                                                               run));
  // As systemctl does for root: a fix should not need dbus-daemon, which may live on a disk that is gone.
  auto own = SystemdConnection::open(run + "/systemd/private", false, after(deadline));
  if (own) return SystemdUnits(*std::move(own));
  auto bus = SystemdConnection::open(run + "/dbus/system_bus_socket", true, after(deadline));
  if (bus) return SystemdUnits(*std::move(bus));
  const auto& decisive = is_missing_socket(bus.error()) ? own.error() : bus.error();
  return tl::unexpected(base::Error{
      decisive.code, fmt::format("no way to systemd: {}; {}; run this as root, or look at systemctl status dbus",
                                 own.error().message(), bus.error().message())});
}

Result<UnitState> SystemdUnits::state(const std::string& unit) {
  const auto context = "ask systemd for " + unit;
  const auto end = after(kCallDeadline);
  auto loaded = connection_->call({.method = "LoadUnit", .arguments = {unit}}, end);
  if (!loaded) return explained(loaded.error(), context);
  const char* path = nullptr;
  if (sd_bus_message_read_basic(loaded->get(), 'o', &path) <= 0 || path == nullptr)
    return base::failure(std::errc::bad_message, context);
  // An empty interface stands for all of them; Result belongs to that of services, or of mounts.
  auto properties = connection_->call(
      {.path = path, .interface = "org.freedesktop.DBus.Properties", .method = "GetAll", .arguments = {""}}, end);
  if (!properties) return explained(properties.error(), context);
  auto state = read_properties(properties->get());
  if (state.load_state.empty() || state.active_state.empty()) return base::failure(std::errc::bad_message, context);
  return state;
}

Status SystemdUnits::start(const std::string& unit, milliseconds deadline) {
  return run_job("StartUnit", unit, deadline);
}

Status SystemdUnits::stop(const std::string& unit, milliseconds deadline) {
  return run_job("StopUnit", unit, deadline);
}

Status SystemdUnits::run_job(const char* method, const std::string& unit, milliseconds deadline) {
  const auto end = after(deadline);
  const auto context = (method == std::string_view("StartUnit") ? "start " : "stop ") + unit;
  // Before the job is made: it may end before the reply that names it arrives.
  if (auto watching = connection_->watch_jobs(end); !watching) return base::with_context(watching.error(), context);
  auto reply = connection_->call({.method = method, .arguments = {unit, "replace"}}, end);
  if (!reply) return explained(reply.error(), context);
  const char* job_path = nullptr;
  if (sd_bus_message_read_basic(reply->get(), 'o', &job_path) <= 0 || job_path == nullptr)
    return base::failure(std::errc::bad_message, context);
  const std::string job = job_path;

  auto ended = connection_->wait_for_job(job, end);
  bool cancelled = false;
  if (ended && !*ended) {
    cancelled = cancel_if_waiting(*connection_, job);
    if (!cancelled) ended = connection_->wait_for_job(job, end);  // it may have ended in this moment
  }
  if (!ended) return base::with_context(ended.error(), context);
  if (*ended == "done") return {};

  std::string message = context + ": ";
  if (*ended)
    message += fmt::format("systemd's job ended as {}{}", **ended, in_words(**ended));
  else
    message += fmt::format("not done within {}; {}", base::format_duration(deadline),
                           cancelled ? "its job still waited for others, and is cancelled" : "systemd goes on with it");
  if (const auto now = state(unit)) {
    message += fmt::format("; the unit is {} ({})", now->active_state, now->sub_state);
    if (!now->result.empty()) message += ", result " + now->result;
  }
  return base::failure(*ended ? std::errc::no_message_available : std::errc::timed_out, message + how_to_look(unit));
}

Status SystemdUnits::reset_failed(const std::string& unit) {
  auto done = connection_->call({.method = "ResetFailedUnit", .arguments = {unit}}, after(kCallDeadline));
  if (done || done.error().name == "org.freedesktop.systemd1.NoSuchUnit") return {};
  return explained(done.error(), "forget the failures of " + unit);
}

Status SystemdUnits::daemon_reload(milliseconds deadline) {
  auto done = connection_->call({.method = "Reload"}, after(deadline));
  if (done) return {};
  return explained(done.error(), "let systemd read its units and fstab again");
}

}  // namespace motoko::host
