// The host of a fix wired from the parts: sources/ to see, host/ to change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "exporter/app/common_flags.h"
#include "exporter/host/service.h"
#include "exporter/remediation/host.h"
#include "exporter/sources/disk_workers.h"

namespace motoko::app {

class RealHost : public remediation::Host {
 public:
  /// `samba`: null where nobody asked for Samba. All must outlive it.
  RealHost(const base::HostPaths& paths, const Setup& setup, sources::DiskWorkers& workers, host::Service* samba);

  /// What `motokoctl check` would see: without a write, unless the configuration asks for one.
  observation::Observation look_without_writing();
  base::Result<observation::MountTable> mount_table();

  observation::Observation look() override;
  remediation::Result<observation::MountStack> layers(const std::string& path) override;
  remediation::Result<std::vector<observation::BlockDevice>> devices_of(
      const observation::GuardedMount& guard) override;
  remediation::Result<bool> device_in_use(const observation::BlockDevice& device) override;
  remediation::Result<observation::SuperblockFlags> superblock_flags(const observation::BlockDevice& device) override;
  remediation::Result<std::vector<remediation::Holder>> holders_of(const observation::BlockDevice& device) override;
  remediation::Result<bool> errors_recorded(const observation::BlockDevice& device) override;
  remediation::Result<std::optional<pid_t>> smbd() override;
  remediation::Result<bool> superblock_alive(const observation::BlockDevice& device) override;
  remediation::ShareListing list_shares(remediation::milliseconds deadline) override;

  [[nodiscard]] std::string samba_name() const override;
  remediation::Status stop_samba(remediation::milliseconds deadline) override;
  remediation::Status start_samba(remediation::milliseconds deadline) override;
  remediation::Status detach_top_layer(const std::string& path, remediation::milliseconds deadline) override;
  remediation::Status end_holders(const std::vector<remediation::Holder>& holders) override;
  remediation::Result<remediation::FilesystemCheck> check_filesystem(const observation::BlockDevice& device,
                                                                     remediation::milliseconds deadline) override;
  remediation::Status mount(const observation::GuardedMount& guard, const observation::BlockDevice& device,
                            remediation::milliseconds deadline) override;

  base::Instant now() override { return base::now(); }
  void wait(remediation::milliseconds duration) override;

 private:
  [[nodiscard]] observation::Observation look_with(const Setup& setup);

  base::HostPaths paths_;
  const Setup& setup_;
  Setup setup_with_writes_;
  sources::DiskWorkers& workers_;
  host::Service* samba_;
};

}  // namespace motoko::app
