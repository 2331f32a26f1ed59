// Where observations come from, in the observer's words. Implemented in sources/ for the real host, in tests by fakes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/observation/observation.h"

namespace motoko::observation {

class MountTableSource {
 public:
  virtual ~MountTableSource() = default;
  /// The table of this mount namespace. `options_too`: also superblock options are as of now; without it they may be as
  /// of the last mount or unmount, because the kernel announces nothing else.
  virtual base::Result<std::shared_ptr<const MountTable>> read_mount_table(bool options_too) = 0;
};

/// State of live superblocks; touches no disk.
class SuperblockSource {
 public:
  virtual ~SuperblockSource() = default;
  virtual base::Result<SuperblockFlags> ext4_flags(const std::string& device_name) = 0;
  virtual base::Result<Ext4Counters> ext4_counters(const std::string& device_name) = 0;
  virtual base::Result<std::vector<std::string>> live_ext4_devices() = 0;
  /// True: the kernel prints `emergency_ro` and `shutdown`, so their absence means something.
  virtual base::Result<bool> kernel_prints_flags() = 0;
};

class DeviceSource {
 public:
  virtual ~DeviceSource() = default;
  virtual base::Result<bool> exists(DeviceNumber number) = 0;
  virtual base::Result<std::string> name(DeviceNumber number) = 0;
  virtual base::Result<DiskIdentity> disk(DeviceNumber number) = 0;
  /// The device that a path such as /dev/disk/by-id/... leads to, as the inventory names it. Where it leads nowhere:
  /// `path`.
  virtual std::string follow(const std::string& path) = 0;
  virtual base::Result<std::shared_ptr<const DeviceInventory>> inventory() = 0;
};

class KernelLogSource {
 public:
  virtual ~KernelLogSource() = default;
  virtual base::Result<std::shared_ptr<const KernelLog>> read_kernel_log() = 0;
};

/// A guarded mountpoint to touch, as the mount table shows it now.
struct ProbeTarget {
  std::string path;
  std::optional<MountLayer> top;  // none: nothing is mounted; its bare directory is counted instead
  std::string device_path;        // of the top layer's device; empty where it has none
  bool time_machine = false;
};

/// What the last touch of a target gave; see MountObservation.
struct ProbeResults {
  std::optional<MountProbes> probes;
  std::optional<base::Result<std::uint64_t>> shadowed_entries;
  std::optional<base::Result<Backups>> backups;
};

class ProbeSource {
 public:
  virtual ~ProbeSource() = default;
  /// Touches every target, in processes that may hang, and returns what is known of each, in order. Returns within the
  /// probe deadline, and at once for a target that did not answer the last time.
  virtual std::vector<ProbeResults> touch(const std::vector<ProbeTarget>& targets) = 0;
};

class BareDirectorySource {
 public:
  virtual ~BareDirectorySource() = default;
  /// Whether each mount's bare directory is protected from writes, in the order of `mounts`, which is the same at every
  /// call. May be as old as a minute. Returns within the probe deadline. Error: not permitted to look, or it is
  /// missing.
  virtual std::vector<base::Result<bool>> guarded(const std::vector<GuardedMount>& mounts) = 0;
};

class SambaSource {
 public:
  virtual ~SambaSource() = default;
  virtual SambaState samba_state() = 0;
};

}  // namespace motoko::observation
