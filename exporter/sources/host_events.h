// Tells at once that something about storage changed: the mount table, the kernel log, block devices.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "exporter/base/host_paths.h"
#include "exporter/base/unique_fd.h"

namespace motoko::sources {

struct HostEventHandlers {
  std::function<void()> mounts_changed;
  std::function<void()> kernel_said_something;
  std::function<void(const std::string& name)> device_changed;  // "sdb1"
};

/// Calls the handlers on its own thread. What cannot be listened to is left out: everything is also read periodically,
/// so events only make it sooner.
class HostEvents {
 public:
  HostEvents(const base::HostPaths& paths, HostEventHandlers handlers);
  ~HostEvents();
  HostEvents(const HostEvents&) = delete;
  HostEvents& operator=(const HostEvents&) = delete;

 private:
  void run();
  void read_uevents();

  HostEventHandlers handlers_;
  base::UniqueFd mountinfo_;
  base::UniqueFd kmsg_;
  base::UniqueFd uevents_;
  base::UniqueFd stop_;
  std::thread thread_;
};

}  // namespace motoko::sources
