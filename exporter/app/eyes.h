// The sources of the real host, wired into one observer. Made anew when the configuration changes.
#pragma once

#include <functional>
#include <memory>

#include "exporter/app/common_flags.h"
#include "exporter/observation/observer.h"
#include "exporter/sources/bare_directory.h"
#include "exporter/sources/device_catalog.h"
#include "exporter/sources/disk_probes.h"
#include "exporter/sources/disk_workers.h"
#include "exporter/sources/host_sources.h"
#include "exporter/sources/samba_watch.h"

namespace motoko::app {

class Eyes {
 public:
  /// `workers` must outlive it. `on_change` is called on other threads when something was learned between observations.
  Eyes(const base::HostPaths& paths, const Setup& setup, sources::DiskWorkers& workers,
       const std::function<void()>& on_change);

  /// One observation at a time.
  [[nodiscard]] observation::Observation observe() { return observer_.observe(base::now()); }

  void device_changed(const std::string& name) { catalog_.device_changed(name); }

 private:
  sources::HostMountTable mount_table_;
  sources::HostSuperblocks superblocks_;
  sources::DeviceCatalog catalog_;
  sources::HostDevices devices_;
  sources::HostKernelLog kernel_log_;
  sources::DiskProbes probes_;
  sources::BareDirectories bare_directories_;
  std::unique_ptr<observation::SambaSource> samba_;  // null: not asked for
  observation::Observer observer_;
};

/// Starts the processes that touch disks. Requires: the program has a single thread.
[[nodiscard]] base::Result<std::unique_ptr<sources::DiskWorkers>> start_disk_workers();

}  // namespace motoko::app
