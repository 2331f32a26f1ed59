// A host that only imagines: it begins as the real one was seen and changes as the steps say, if all of them work.
// A dry run and the shadow mode run the same steps on it; the tests make its actions fail.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "exporter/remediation/host.h"

namespace motoko::remediation {

class DryRunHost : public Host {
 public:
  /// `errors_recorded`: asks the real device, which is read only; empty: none are.
  using AskDevice = std::function<Result<bool>(const observation::BlockDevice&)>;
  explicit DryRunHost(observation::Observation seen, AskDevice errors_recorded = {});

  observation::Observation look() override;
  Result<observation::MountStack> layers(const std::string& path) override;
  Result<std::vector<observation::BlockDevice>> devices_of(const observation::GuardedMount& guard) override;
  Result<bool> device_in_use(const observation::BlockDevice& device) override;
  Result<observation::SuperblockFlags> superblock_flags(const observation::BlockDevice& device) override;
  Result<std::vector<Holder>> holders_of(const observation::BlockDevice& device) override;
  Result<bool> errors_recorded(const observation::BlockDevice& device) override;
  Result<std::optional<pid_t>> smbd() override;
  Result<bool> superblock_alive(const observation::BlockDevice& device) override;
  ShareListing list_shares(milliseconds deadline) override;

  [[nodiscard]] std::string samba_name() const override { return "Samba"; }
  Status stop_samba(milliseconds deadline) override;
  Status start_samba(milliseconds deadline) override;
  Status detach_top_layer(const std::string& path, milliseconds deadline) override;
  Status end_holders(const std::vector<Holder>& holders) override;
  Result<FilesystemCheck> check_filesystem(const observation::BlockDevice& device, milliseconds deadline) override;
  Status mount(const observation::GuardedMount& guard, const observation::BlockDevice& device,
               milliseconds deadline) override;

  base::Instant now() override { return imagined_.time; }
  void wait(milliseconds duration) override;

 protected:
  [[nodiscard]] observation::MountObservation* find(const std::string& path);

  observation::Observation imagined_;
  AskDevice errors_recorded_;
  int next_mount_id_ = 0;
};

}  // namespace motoko::remediation
