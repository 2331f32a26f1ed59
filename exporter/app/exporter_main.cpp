// motoko-exporter: observes the host and serves what it sees. Contains no code that changes the host.
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>

#include "exporter/app/common_flags.h"
#include "exporter/app/exporter_routes.h"
#include "exporter/app/eyes.h"
#include "exporter/app/fstab_watch.h"
#include "exporter/app/monitor.h"
#include "exporter/base/logging.h"
#include "exporter/metrics/exposition.h"
#include "exporter/sources/host_events.h"
#include "exporter/web/http_server.h"

namespace motoko::app {
namespace {

constexpr const char* kDefaultAddress = "0.0.0.0:19520";
/// How often fstab is looked at: the kernel announces most edits, and all of them are found in the end.
constexpr std::chrono::seconds kFstabInterval{60};
constexpr std::chrono::seconds kFstabIntervalWithoutAnnouncements{5};

struct ExporterFlags {
  CommonFlags common;
  std::vector<std::string> listen_addresses = {kDefaultAddress};
  std::string telemetry_path = "/metrics";
  std::string web_config_file;
};

/// The running program: what reload needs to reach.
class Exporter {
 public:
  Exporter(const CommonFlags& flags, const Setup& setup, sources::DiskWorkers& workers)
      : flags_(flags), workers_(workers), fstab_(setup.config.fstab) {
    monitor_.replace_eyes(make_eyes(setup));
  }

  Monitor& monitor() { return monitor_; }

  [[nodiscard]] std::string render_metrics(const Snapshot& snapshot) const {
    return metrics::render_metrics(snapshot.observation, snapshot.verdict,
                                   {.version = kVersion, .last_reload_successful = last_reload_successful_});
  }

  /// Reads the configuration and fstab again. On failure the old ones stay in use; the errors' text is returned.
  std::optional<std::string> reload() {
    const std::lock_guard lock(reload_mutex_);
    const auto setup = read_setup(flags_);
    last_reload_successful_ = setup.has_value();
    if (!setup) {
      std::string text;
      for (const auto& error : setup.error()) {
        base::log_error("the configuration cannot be used; the old one stays", {{"error", error.to_string()}});
        text += error.to_string() + "\n";
      }
      monitor_.notify();
      return text;
    }
    fstab_.follow(setup->config.fstab);
    monitor_.replace_eyes(make_eyes(*setup));
    base::log_info("configuration loaded", {{"guarded", fmt::format("{}", setup->guards.size())}});
    return std::nullopt;
  }

  /// For poll(2): follow_fstab() has something to do. -1: nothing tells.
  [[nodiscard]] int fstab_fd() const { return fstab_.fd(); }

  /// An edited fstab changes what is expected; nobody should have to remember a reload.
  void follow_fstab() {
    bool changed = false;
    {
      const std::lock_guard lock(reload_mutex_);
      changed = fstab_.changed();
    }
    if (changed) reload();
  }

 private:
  std::unique_ptr<Eyes> make_eyes(const Setup& setup) {
    return std::make_unique<Eyes>(flags_.paths, setup, workers_, [this] { monitor_.notify(); });
  }

  const CommonFlags& flags_;
  sources::DiskWorkers& workers_;
  std::atomic<bool> last_reload_successful_ = true;
  std::mutex reload_mutex_;
  FstabWatch fstab_;
  Monitor monitor_;  // last: its thread uses the others
};

void log_what_is_watched(const Setup& setup) {
  for (const auto& guard : setup.guards)
    base::log_info("watching", {{"mountpoint", guard.path}, {"device", to_string(guard.device)}});
  if (setup.guards.empty())
    base::log_warn(
        "there is nothing to watch: name a device in fstab by UUID=, LABEL=, PARTUUID= or PARTLABEL=, or list its "
        "mountpoint "
        "under `mounts:` in the configuration",
        {{"fstab", setup.config.fstab}});
}

/// Until SIGTERM or SIGINT.
void serve_until_told_to_stop(Exporter& exporter, const sigset_t& signals) {
  const base::UniqueFd told(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!told.valid()) throw std::system_error(errno, std::generic_category(), "signalfd");
  const std::chrono::milliseconds interval =
      exporter.fstab_fd() < 0 ? kFstabIntervalWithoutAnnouncements : kFstabInterval;
  for (;;) {
    std::array<pollfd, 2> polled = {{{told.get(), POLLIN, 0}, {exporter.fstab_fd(), POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), static_cast<int>(interval.count()));
    signalfd_siginfo signal{};
    while (::read(told.get(), &signal, sizeof signal) == sizeof signal) {
      if (signal.ssi_signo != SIGHUP) return;
      exporter.reload();
    }
    exporter.follow_fstab();
  }
}

int run(const ExporterFlags& flags) {
  base::start_logging(flags.common.log_level, flags.common.log_format);
  if (!flags.web_config_file.empty()) {
    std::fprintf(stderr,
                 "motoko-exporter: --web.config.file=%s: this version serves plain HTTP only; leave the flag out, and "
                 "put a reverse "
                 "proxy in front where TLS or passwords are needed\n",
                 flags.web_config_file.c_str());
    return kExitUsage;
  }
  const auto setup = read_setup(flags.common);
  if (!setup) {
    print_errors(setup.error());
    return kExitUsage;
  }
  // Blocked here so that every thread inherits it and only the signalfd takes them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::mallopt(M_ARENA_MAX, 2);  // few threads allocate; glibc's arena for each would cost more than the data

  auto workers = start_disk_workers();
  if (!workers) {
    base::log_error("cannot start", {{"error", workers.error().message()}});
    return 1;
  }
  if (::chdir("/") != 0) return 1;  // a working directory on a guarded disk would hold it

  Exporter exporter(flags.common, *setup, **workers);
  const sources::HostEvents events(
      flags.common.paths,
      {.mounts_changed = [&] { exporter.monitor().device_changed(""); },
       .kernel_said_something = [&] { exporter.monitor().notify(); },
       .device_changed = [&](const std::string& name) { exporter.monitor().device_changed(name); }});
  auto server = web::HttpServer::start(
      {.listen_addresses = flags.listen_addresses},
      exporter_routes({.telemetry_path = flags.telemetry_path,
                       .config_file = setup->config.file,
                       .snapshot = [&] { return exporter.monitor().snapshot(); },
                       .render_metrics = [&](const Snapshot& snapshot) { return exporter.render_metrics(snapshot); },
                       .reload = [&] { return exporter.reload(); }}));
  if (!server) {
    base::log_error("cannot serve", {{"error", server.error().message()}});
    return server.error().is(std::errc::invalid_argument) ? kExitUsage : 1;
  }
  log_what_is_watched(*setup);
  for (const auto& address : (*server)->addresses()) base::log_info("listening", {{"address", address}});
  ::malloc_trim(0);  // what parsing flags, YAML and the log since boot left behind
  serve_until_told_to_stop(exporter, signals);
  base::log_info("stopping");
  return 0;
}

}  // namespace
}  // namespace motoko::app

int main(int argc, char** argv) {
  using namespace motoko::app;
  try {
    CLI::App app("Watches mounts, ext4, the kernel log and Samba, and serves what it sees to Prometheus.",
                 "motoko-exporter");
    ExporterFlags flags;
    add_common_flags(app, flags.common);
    app.add_option("--web.listen-address", flags.listen_addresses, "Address to listen on; may be given several times")
        ->type_name("HOST:PORT")
        ->allow_extra_args(false)
        ->capture_default_str();
    app.add_option("--web.telemetry-path", flags.telemetry_path, "Path of the metrics")
        ->type_name("PATH")
        ->capture_default_str()
        ->check([](const std::string& path) { return path.starts_with('/') ? "" : "the path must start with /"; });
    app.add_option("--web.config.file", flags.web_config_file, "TLS and authentication; not in this version")
        ->type_name("PATH");
    if (const auto code = parse_flags(app, argc, argv)) return *code;
    return run(flags);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motoko-exporter: %s\n", error.what());
    return 1;
  }
}
