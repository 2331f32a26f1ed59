// Which block devices there are and what they carry. Devices are listed often, which touches none of them, and read
// only when something about them changed, so that unrelated disks may sleep.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "exporter/base/clock.h"
#include "exporter/base/host_paths.h"
#include "exporter/observation/block_device.h"
#include "exporter/sources/block_devices.h"
#include "exporter/sources/disk_workers.h"

namespace motoko::sources {

/// Where nothing announces that mkfs or tune2fs wrote to a device (udev does): whether to read it again. `writes_then`:
/// how much had been written to its disk when it was read, `writes_now`: by now; none: unknown.
[[nodiscard]] bool may_carry_something_else(std::chrono::steady_clock::duration since_read,
                                            std::optional<std::uint64_t> writes_then,
                                            std::optional<std::uint64_t> writes_now);

class DeviceCatalog {
 public:
  /// `deadline`: for reading one device, in a worker. `workers` must outlive the catalog's last job, so it must end
  /// first.
  DeviceCatalog(const base::HostPaths& paths, DiskWorkers& workers, std::chrono::milliseconds deadline);

  /// Waits until every new device was read, at most the deadline; a device that hung before is not waited for.
  /// Error: sysfs cannot be read.
  [[nodiscard]] base::Result<std::shared_ptr<const observation::DeviceInventory>> inventory();

  /// The kernel announced this device ("sdb1"), or everything (empty name): list again and read it again.
  void device_changed(const std::string& name);

 private:
  struct Entry {
    ListedDevice listed;
    base::Result<observation::DeviceTags> tags;
    base::MonotonicTime read_at;
    std::optional<std::uint64_t> writes_before;  // to its disk, as counted before it was read last
    bool answered = false;                       // at least once since the disk behind the name changed
    bool stale = true;
    bool pending = false;
  };
  struct Shared {  // outlives the catalog in the callbacks of jobs under way
    std::mutex mutex;
    std::condition_variable answered;
    std::map<std::string, Entry> entries;
    std::set<std::string> changed;
    bool list_again = true;
    bool updated = true;
  };

  [[nodiscard]] base::Status list_devices(std::unique_lock<std::mutex>& lock);
  void find_written_devices();
  void read_stale_devices(std::unique_lock<std::mutex>& lock);

  base::HostPaths paths_;
  DiskWorkers& workers_;
  std::chrono::milliseconds deadline_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  base::MonotonicTime listed_at_;
  std::atomic<bool> told_of_changes_ = false;  // udev runs, so that the kernel announces what was written to devices
  std::shared_ptr<const observation::DeviceInventory> inventory_;
};

}  // namespace motoko::sources
