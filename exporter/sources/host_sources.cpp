#include "exporter/sources/host_sources.h"

#include <filesystem>

#include "exporter/sources/block_devices.h"
#include "exporter/sources/file_system_state.h"

namespace motoko::sources {

using base::Result;

Result<std::shared_ptr<const observation::MountTable>> HostMountTable::read_mount_table(bool options_too) {
  return options_too ? reader_.read_again() : reader_.read();
}

Result<observation::SuperblockFlags> HostSuperblocks::ext4_flags(const std::string& device_name) {
  return read_ext4_flags(paths_, device_name);
}

Result<observation::Ext4Counters> HostSuperblocks::ext4_counters(const std::string& device_name) {
  return read_ext4_counters(paths_, device_name);
}

Result<std::vector<std::string>> HostSuperblocks::live_ext4_devices() {
  return list_ext4_superblocks(paths_);
}

Result<bool> HostSuperblocks::kernel_prints_flags() {
  if (!prints_flags_ || !*prints_flags_) prints_flags_ = sources::kernel_prints_flags(paths_);
  return *prints_flags_;
}

Result<bool> HostDevices::exists(observation::DeviceNumber number) {
  return device_exists(paths_, number);
}

Result<std::string> HostDevices::name(observation::DeviceNumber number) {
  return device_name(paths_, number);
}

Result<observation::DiskIdentity> HostDevices::disk(observation::DeviceNumber number) {
  return disk_identity(paths_, number);
}

std::string HostDevices::follow(const std::string& path) {
  std::error_code error;
  const auto device = std::filesystem::canonical(path, error);
  return error ? path : device.string();
}

Result<std::shared_ptr<const observation::DeviceInventory>> HostDevices::inventory() {
  return catalog_.inventory();
}

Result<std::shared_ptr<const observation::KernelLog>> HostKernelLog::read_kernel_log() {
  if (const auto status = reader_.drain(); !status) return with_context(status.error(), "read kernel log");
  return reader_.snapshot();
}

}  // namespace motoko::sources
