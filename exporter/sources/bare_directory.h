// Whether the bare directories under the mountpoints are protected from writes, as `motokoctl guard` leaves them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"
#include "exporter/observation/sources.h"
#include "exporter/sources/disk_workers.h"

namespace motoko::sources {

/// The bare directory has the immutable flag. False also where its file system knows no such flag. Errors and blocking
/// as open_bare_directory(): call it in a disk worker, for the directory may be on a guarded disk itself.
[[nodiscard]] base::Result<bool> is_guarded(const std::string& mountpoint);

[[nodiscard]] std::string encode(const base::Result<bool>& guarded);
[[nodiscard]] base::Result<bool> decode_guarded(std::string_view bytes);

/// Looks once a minute; a program that is not permitted to look learns that once and costs nothing from then on.
class BareDirectories : public observation::BareDirectorySource {
 public:
  /// `workers` must outlive it.
  BareDirectories(DiskWorkers& workers, std::chrono::milliseconds deadline) : workers_(workers), deadline_(deadline) {}
  std::vector<base::Result<bool>> guarded(const std::vector<observation::GuardedMount>& mounts) override;

 private:
  DiskWorkers& workers_;
  std::chrono::milliseconds deadline_;
  std::vector<base::Result<bool>> known_;
  std::optional<base::MonotonicTime> look_again_at_;  // none: now
};

}  // namespace motoko::sources
