// Everything seen of the host at one moment: the value that the rules judge.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"
#include "exporter/observation/backup.h"
#include "exporter/observation/block_device.h"
#include "exporter/observation/guarded_mount.h"
#include "exporter/observation/kernel_event.h"
#include "exporter/observation/mount_table.h"
#include "exporter/observation/probe.h"
#include "exporter/observation/samba.h"
#include "exporter/observation/superblock.h"

namespace motoko::observation {

/// A layer of a stack and what is known of the device under it.
struct LayerObservation {
  MountLayer layer;
  std::string device_name;           // the kernel's, "sdb1", for the log and sysfs; empty: not a block device
  base::Result<bool> device_exists;  // listed in sysfs with a size above 0; always true where there is no block device
  base::Result<DeviceTags> device_tags;  // of the device that now has this number
  base::Result<SuperblockFlags> flags;   // emergency_ro and shutdown also from the log where the kernel prints neither
  bool operator==(const LayerObservation&) const = default;
};

struct MountObservation {
  GuardedMount guard;
  base::Result<std::vector<LayerObservation>> layers;  // bottom to top; empty: not mounted
  base::Result<std::vector<BlockDevice>>
      candidates;  // the devices fstab's name stands for; error also where it names none
  std::optional<base::Result<Ext4Counters>> ext4;   // of the top layer; none: not mounted or not ext4
  base::Result<DiskIdentity> disk;                  // under the top layer, else under the only candidate
  base::Result<std::vector<std::string>> detached;  // devices whose superblock of this file system lives on unmounted
  std::optional<MountProbes> probes;                // none: not mounted
  std::optional<base::Result<std::uint64_t>> shadowed_entries;  // only while nothing is mounted
  base::Result<std::uint64_t> recent_kernel_errors;             // ext4 errors and warnings, I/O errors in the window
  std::optional<base::Result<Backups>> backups;                 // only with time_machine, while mounted
  /// Nothing can be written to the bare directory; see `motokoctl guard`. Mostly unknown: looking needs CAP_SYS_ADMIN.
  base::Result<bool> guarded = base::failure(std::errc::no_message_available, "not looked at");
  bool operator==(const MountObservation&) const = default;
};

/// One source's last run.
struct CollectorRun {
  std::string name;                  // "mounts", "ext4", "kernel_log", "samba", "time_machine"
  std::optional<base::Error> error;  // none: success
  base::Seconds duration{0};
  bool operator==(const CollectorRun&) const = default;
};

struct Observation {
  base::Instant time;
  std::vector<MountObservation> mounts;
  std::optional<SambaState> samba;                            // none: not asked for
  base::Result<std::shared_ptr<const KernelLog>> kernel_log;  // never null
  std::vector<CollectorRun> collectors;
  std::chrono::seconds kernel_log_window{0};  // what counts as recent
  bool operator==(const Observation&) const = default;
};

}  // namespace motoko::observation
