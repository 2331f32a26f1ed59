// The observer's sources on the real host: each joins the readers of this folder behind one interface.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/host_paths.h"
#include "exporter/observation/sources.h"
#include "exporter/sources/device_catalog.h"
#include "exporter/sources/kernel_log.h"
#include "exporter/sources/mount_tables.h"

namespace motoko::sources {

class HostMountTable : public observation::MountTableSource {
 public:
  explicit HostMountTable(const base::HostPaths& paths) : reader_(paths) {}
  base::Result<std::shared_ptr<const observation::MountTable>> read_mount_table(bool options_too) override;

 private:
  MountInfoReader reader_;
};

class HostSuperblocks : public observation::SuperblockSource {
 public:
  explicit HostSuperblocks(base::HostPaths paths) : paths_(std::move(paths)) {}
  base::Result<observation::SuperblockFlags> ext4_flags(const std::string& device_name) override;
  base::Result<observation::Ext4Counters> ext4_counters(const std::string& device_name) override;
  base::Result<std::vector<std::string>> live_ext4_devices() override;
  base::Result<bool> kernel_prints_flags() override;

 private:
  base::HostPaths paths_;
  std::optional<base::Result<bool>> prints_flags_;  // a kernel does not change
};

class HostDevices : public observation::DeviceSource {
 public:
  HostDevices(base::HostPaths paths, DeviceCatalog& catalog) : paths_(std::move(paths)), catalog_(catalog) {}
  base::Result<bool> exists(observation::DeviceNumber number) override;
  base::Result<std::string> name(observation::DeviceNumber number) override;
  base::Result<observation::DiskIdentity> disk(observation::DeviceNumber number) override;
  std::string follow(const std::string& path) override;
  base::Result<std::shared_ptr<const observation::DeviceInventory>> inventory() override;

 private:
  base::HostPaths paths_;
  DeviceCatalog& catalog_;
};

class HostKernelLog : public observation::KernelLogSource {
 public:
  HostKernelLog(const base::HostPaths& paths, std::chrono::seconds keep) : reader_(paths, keep) {}
  base::Result<std::shared_ptr<const observation::KernelLog>> read_kernel_log() override;

 private:
  KernelLogReader reader_;
};

}  // namespace motoko::sources
