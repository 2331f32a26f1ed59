#include "exporter/app/eyes.h"

#include <utility>

#include "exporter/sources/worker_requests.h"

namespace motoko::app {
namespace {

/// The watch runs on its own; only the first observation waits for it.
class WatchedSamba : public observation::SambaSource {
 public:
  explicit WatchedSamba(const sources::SambaWatchOptions& options)
      : watch_(options), first_state_until_(base::now().monotonic + 2 * options.deadline) {}

  observation::SambaState samba_state() override {
    if (!std::exchange(waited_, true)) watch_.refresh_and_wait(first_state_until_);
    return watch_.state();
  }

 private:
  sources::SambaWatch watch_;
  base::MonotonicTime first_state_until_;
  bool waited_ = false;
};

std::unique_ptr<observation::SambaSource> make_samba(const base::HostPaths& paths, const config::Config& config,
                                                     const std::function<void()>& on_change) {
  if (!config.samba.enabled) return nullptr;
  return std::make_unique<WatchedSamba>(
      sources::SambaWatchOptions{.address = config.samba.address, .procfs = paths.procfs, .on_change = on_change});
}

}  // namespace

Eyes::Eyes(const base::HostPaths& paths, const Setup& setup, sources::DiskWorkers& workers,
           const std::function<void()>& on_change)
    : mount_table_(paths),
      superblocks_(paths),
      catalog_(paths, workers, setup.config.probe.deadline),
      devices_(paths, catalog_),
      kernel_log_(paths, setup.config.kernel_log_window),
      probes_(workers, {.deadline = setup.config.probe.deadline,
                        .write_interval = setup.config.probe.write_interval,
                        .on_late_answer = on_change}),
      bare_directories_(workers, setup.config.probe.deadline),
      samba_(make_samba(paths, setup.config, on_change)),
      observer_({.mounts = mount_table_,
                 .superblocks = superblocks_,
                 .devices = devices_,
                 .kernel_log = kernel_log_,
                 .probes = probes_,
                 .bare_directories = bare_directories_,
                 .samba = samba_.get()},
                setup.guards, setup.config.kernel_log_window) {}

base::Result<std::unique_ptr<sources::DiskWorkers>> start_disk_workers() {
  auto zygote = sources::WorkerZygote::start(sources::serve_worker_request);
  if (!zygote) return with_context(zygote.error(), "start the process that touches disks");
  return std::make_unique<sources::DiskWorkers>(std::move(*zygote));
}

}  // namespace motoko::app
