// A host whose every source says what a test put there.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "exporter/observation/observer.h"

namespace motoko::observation {

class FakeHost : public MountTableSource,
                 public SuperblockSource,
                 public DeviceSource,
                 public KernelLogSource,
                 public ProbeSource,
                 public BareDirectorySource,
                 public SambaSource {
 public:
  base::Result<MountTable> table = MountTable();
  MountTable table_with_options;  // what a full read shows; empty: the same
  std::map<std::string, base::Result<SuperblockFlags>> flags;
  std::map<std::string, base::Result<Ext4Counters>> counters;
  base::Result<std::vector<std::string>> live = std::vector<std::string>();
  base::Result<bool> prints_flags = true;
  std::map<DeviceNumber, std::string> names;  // devices that exist
  DeviceInventory devices;
  std::map<std::string, std::string> links;
  base::Result<KernelLog> log = KernelLog();
  std::map<std::string, ProbeResults> probe_results;
  base::Result<bool> guards = true;  // of every bare directory
  SambaState samba{.running = true, .responding = true, .detail = {}};
  std::vector<ProbeTarget> touched;
  int full_reads = 0;
  std::map<DeviceNumber, int> asked;  // how often exists() was asked for each device

  base::Result<std::shared_ptr<const MountTable>> read_mount_table(bool options_too) override {
    if (!table) return tl::unexpected(table.error());
    if (options_too) ++full_reads;
    return std::make_shared<const MountTable>(options_too && !table_with_options.empty() ? table_with_options : *table);
  }
  base::Result<SuperblockFlags> ext4_flags(const std::string& name) override { return find(flags, name); }
  base::Result<Ext4Counters> ext4_counters(const std::string& name) override { return find(counters, name); }
  base::Result<std::vector<std::string>> live_ext4_devices() override { return live; }
  base::Result<bool> kernel_prints_flags() override { return prints_flags; }
  base::Result<bool> exists(DeviceNumber number) override {
    ++asked[number];
    return names.contains(number);
  }
  base::Result<std::string> name(DeviceNumber number) override {
    const auto found = names.find(number);
    if (found == names.end()) return base::errno_error(ENOENT, "device");
    return found->second;
  }
  base::Result<DiskIdentity> disk(DeviceNumber number) override {
    return DiskIdentity{.model = "disk of " + to_string(number), .serial = ""};
  }
  std::string follow(const std::string& path) override { return links.contains(path) ? links.at(path) : path; }
  base::Result<std::shared_ptr<const DeviceInventory>> inventory() override {
    return std::make_shared<const DeviceInventory>(devices);
  }
  base::Result<std::shared_ptr<const KernelLog>> read_kernel_log() override {
    if (!log) return tl::unexpected(log.error());
    return std::make_shared<const KernelLog>(*log);
  }
  std::vector<ProbeResults> touch(const std::vector<ProbeTarget>& targets) override {
    touched = targets;
    std::vector<ProbeResults> results;
    for (const auto& target : targets) results.push_back(probe_results[target.path]);
    return results;
  }
  std::vector<base::Result<bool>> guarded(const std::vector<GuardedMount>& mounts) override {
    return std::vector(mounts.size(), guards);
  }
  SambaState samba_state() override { return samba; }

  ObserverSources sources() { return {*this, *this, *this, *this, *this, *this, this}; }

 private:
  template <typename T>
  static base::Result<T> find(const std::map<std::string, base::Result<T>>& known, const std::string& name) {
    const auto found = known.find(name);
    if (found == known.end()) return base::errno_error(ENOENT, name);
    return found->second;
  }
};

}  // namespace motoko::observation
