#include "exporter/host/systemd_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

namespace motoko::host {
namespace {

using base::MonotonicTime;
using base::Result;
using base::Status;

constexpr const char* kService = "org.freedesktop.systemd1";

/// sd-bus takes 0 for its default of 25 seconds.
std::uint64_t microseconds_until(MonotonicTime end) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(end - std::chrono::steady_clock::now());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(left.count(), 1));
}

bool is_over(MonotonicTime end) {
  return std::chrono::steady_clock::now() >= end;
}

/// An address of the D-Bus specification: what is not among these characters is written as %XX.
std::string socket_address(const std::string& socket) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string address = "unix:path=";
  for (const char c : socket) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '-' && c <= '9') || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      address += c;
    else
      (address += '%') += {kHex[byte >> 4U], kHex[byte & 15U]};
  }
  return address;
}

struct OwnedError {
  OwnedError() = default;
  OwnedError(const OwnedError&) = delete;
  OwnedError& operator=(const OwnedError&) = delete;
  ~OwnedError() { sd_bus_error_free(&error); }
  sd_bus_error error = SD_BUS_ERROR_NULL;
};

CallError connection_error(int error_number, const char* method) {
  return {"", {{error_number, std::generic_category()}, std::string(method) + " of systemd"}};
}

}  // namespace

Result<SystemdConnection> SystemdConnection::open(const std::string& socket, bool is_bus, MonotonicTime end) {
  const auto failed = [&](int error_number) { return base::errno_error(error_number, "connect to " + socket); };
  sd_bus* created = nullptr;
  if (const int error = sd_bus_new(&created); error < 0) return failed(-error);
  BusPtr bus(created);
  int error = sd_bus_set_address(bus.get(), socket_address(socket).c_str());
  if (error >= 0 && is_bus) error = sd_bus_set_bus_client(bus.get(), 1);
  if (error >= 0) error = sd_bus_start(bus.get());
  while (error >= 0 && (error = sd_bus_is_ready(bus.get())) == 0) {
    if (is_over(end)) return failed(ETIMEDOUT);
    error = sd_bus_process(bus.get(), nullptr);
    if (error == 0) error = sd_bus_wait(bus.get(), microseconds_until(end));
    if (error == -EINTR) error = 0;
  }
  if (error < 0) return failed(-error);
  return SystemdConnection(std::move(bus), is_bus);
}

tl::expected<MessagePtr, CallError> SystemdConnection::call(const MethodCall& method, MonotonicTime end) {
  sd_bus_message* created = nullptr;
  int error = sd_bus_message_new_method_call(bus_.get(), &created, is_bus_ ? kService : nullptr, method.path.c_str(),
                                             method.interface, method.method);
  const MessagePtr request(created);
  for (const auto& argument : method.arguments) {
    if (error >= 0) error = sd_bus_message_append_basic(request.get(), 's', argument.c_str());
  }
  if (error < 0) return tl::unexpected(connection_error(-error, method.method));
  OwnedError reported;
  sd_bus_message* reply = nullptr;
  error = sd_bus_call(bus_.get(), request.get(), microseconds_until(end), &reported.error, &reply);
  if (error >= 0) return MessagePtr(reply);
  CallError failed = connection_error(-error, method.method);
  // sd-bus names also what it found out itself, such as a timeout, from the errno.
  if (reported.error.name != nullptr) failed.name = reported.error.name;
  if (reported.error.message != nullptr) failed.error.context = reported.error.message;
  return tl::unexpected(std::move(failed));
}

int SystemdConnection::on_job_removed(sd_bus_message* signal, void* ended_jobs, sd_bus_error* /*error*/) {
  std::uint32_t id = 0;
  const char* path = nullptr;
  const char* unit = nullptr;
  const char* result = nullptr;
  if (sd_bus_message_read(signal, "uoss", &id, &path, &unit, &result) >= 0 && path != nullptr && result != nullptr)
    (*static_cast<JobResults*>(ended_jobs))[path] = result;
  return 0;
}

Status SystemdConnection::watch_jobs(MonotonicTime end) {
  ended_jobs_->clear();
  if (!job_match_) {
    sd_bus_set_method_call_timeout(bus_.get(), microseconds_until(end));  // for AddMatch, which the next line calls
    sd_bus_slot* match = nullptr;
    const int error = sd_bus_match_signal(bus_.get(), &match, is_bus_ ? kService : nullptr, kManagerPath, kManager,
                                          "JobRemoved", &on_job_removed, ended_jobs_.get());
    if (error < 0) return base::errno_error(-error, "listen to systemd's jobs");
    job_match_.reset(match);
  }
  if (subscribed_) return {};
  const auto subscribed = call({.method = "Subscribe"}, end);
  // It may have been done after the deadline of an earlier call.
  if (!subscribed && subscribed.error().name != "org.freedesktop.systemd1.AlreadySubscribed")
    return base::with_context(subscribed.error().error, "listen to systemd's jobs");
  subscribed_ = true;
  return {};
}

Result<std::optional<std::string>> SystemdConnection::wait_for_job(const std::string& path, MonotonicTime end) {
  while (true) {
    const int processed = sd_bus_process(bus_.get(), nullptr);
    if (processed < 0) return base::errno_error(-processed, "lost the connection to systemd");
    if (const auto ended = ended_jobs_->find(path); ended != ended_jobs_->end()) return ended->second;
    if (processed > 0) continue;
    if (is_over(end)) return std::nullopt;
    const int waited = sd_bus_wait(bus_.get(), microseconds_until(end));
    if (waited < 0 && waited != -EINTR) return base::errno_error(-waited, "lost the connection to systemd");
  }
}

}  // namespace motoko::host
