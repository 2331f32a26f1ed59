// A D-Bus connection to PID 1, by sd-bus: for systemd_units.cpp alone, no pointer of the library goes further.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

namespace motoko::host {

struct CloseBus {
  // Without flush, which may block: every call was answered or given up.
  void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
};
struct UnrefMessage {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
struct UnrefSlot {
  void operator()(sd_bus_slot* slot) const { sd_bus_slot_unref(slot); }
};
using BusPtr = std::unique_ptr<sd_bus, CloseBus>;
using MessagePtr = std::unique_ptr<sd_bus_message, UnrefMessage>;

/// Members, paths and interfaces of org.freedesktop.systemd1(5).
inline constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
inline constexpr const char* kManager = "org.freedesktop.systemd1.Manager";

/// One method of an object, all of whose arguments are strings.
struct MethodCall {
  std::string path = kManagerPath;
  const char* interface = kManager;
  const char* method = nullptr;
  std::vector<std::string> arguments = {};
};

/// An error as systemd or the bus named it: "org.freedesktop.systemd1.NoSuchUnit".
struct CallError {
  std::string name;  // empty: the connection failed
  base::Error error;
};

class SystemdConnection {
 public:
  /// Through the unix socket at `socket`. `is_bus`: dbus-daemon listens there, else PID 1 itself. Returns when it is
  /// ready for calls. Error timed_out: nothing answered until `end`.
  [[nodiscard]] static base::Result<SystemdConnection> open(const std::string& socket, bool is_bus,
                                                            base::MonotonicTime end);

  /// Calls, and waits for the reply until `end`.
  [[nodiscard]] tl::expected<MessagePtr, CallError> call(const MethodCall& method, base::MonotonicTime end);

  /// From now on the ends of jobs are told to this connection. Once is enough.
  [[nodiscard]] base::Status watch_jobs(base::MonotonicTime end);
  /// What the job `path` came to ("done", "failed", ...); nothing: it has not ended until `end`. Needs watch_jobs()
  /// before the job was made.
  [[nodiscard]] base::Result<std::optional<std::string>> wait_for_job(const std::string& path, base::MonotonicTime end);

 private:
  using JobResults = std::map<std::string, std::string>;  // path of the job to its result
  SystemdConnection(BusPtr bus, bool is_bus) : bus_(std::move(bus)), is_bus_(is_bus) {}
  static int on_job_removed(sd_bus_message* signal, void* ended_jobs, sd_bus_error* error);

  std::unique_ptr<JobResults> ended_jobs_ = std::make_unique<JobResults>();  // sd-bus keeps its address
  BusPtr bus_;
  bool is_bus_ = false;
  std::unique_ptr<sd_bus_slot, UnrefSlot> job_match_;
  bool subscribed_ = false;
};

}  // namespace motoko::host
