// Asks every source once and joins the answers by mount: the only place that knows them all.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "exporter/observation/observation.h"
#include "exporter/observation/sources.h"

namespace motoko::observation {

struct ObserverSources {
  MountTableSource& mounts;
  SuperblockSource& superblocks;
  DeviceSource& devices;
  KernelLogSource& kernel_log;
  ProbeSource& probes;
  BareDirectorySource& bare_directories;
  SambaSource* samba;  // null: not asked for
};

class Observer {
 public:
  Observer(ObserverSources sources, std::vector<GuardedMount> guards, std::chrono::seconds kernel_log_window);

  /// What the host shows now. A source that fails leaves errors in its own fields and in its CollectorRun; never throws
  /// for it. Takes as long as the slowest source: at most the probe deadline, twice where the disk that holds a bare
  /// directory hangs too.
  [[nodiscard]] Observation observe(base::Instant now);

 private:
  struct Host;  // what all mounts share within one observation

  [[nodiscard]] MountObservation observe_mount(std::size_t index, Host& host);
  [[nodiscard]] LayerObservation observe_layer(const MountLayer& layer, Host& host);
  [[nodiscard]] base::Result<SuperblockFlags> superblock_flags(const MountLayer& layer, const std::string& device_name,
                                                               Host& host);
  [[nodiscard]] base::Result<std::vector<std::string>> detached_superblocks(const MountObservation& mount,
                                                                            const Host& host);
  [[nodiscard]] std::vector<ProbeTarget> probe_targets(const Host& host);
  void find_stacks(const std::shared_ptr<const MountTable>& table);
  [[nodiscard]] std::set<std::string> mounted_ext4_names(const MountTable& table, Host& host);
  [[nodiscard]] std::string device_name(const MountLayer& layer, Host& host);
  [[nodiscard]] base::Result<DiskIdentity> disk(DeviceNumber number, Host& host);

  ObserverSources sources_;
  std::vector<GuardedMount> guards_;
  std::chrono::seconds kernel_log_window_;
  std::shared_ptr<const MountTable> stacks_of_;           // the table that stacks_ were found in
  std::vector<MountStack> stacks_;                        // as guards_
  std::map<std::string, std::string> superblock_owners_;  // device name -> mountpoint whose file system it carried
};

}  // namespace motoko::observation
