// What touching a mounted file system gave. Made in a separate process (sources/disk_workers), never in this one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

namespace motoko::observation {

/// statvfs(3), bytes and counts.
struct FilesystemUsage {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t available_bytes = 0;  // to users without privileges
  std::uint64_t files = 0;
  std::uint64_t files_free = 0;
  bool operator==(const FilesystemUsage&) const = default;
};

/// One touch. `error` is empty on success; std::errc::timed_out: no answer within the deadline (duration: so far).
struct ProbeOutcome {
  std::optional<base::Error> error;
  base::Seconds duration{0};
  bool operator==(const ProbeOutcome&) const = default;
};

/// The touches of one mount. A Result's error says why that probe proves nothing (no file to read, not permitted, not
/// asked for): that is unknown, not failed.
struct MountProbes {
  base::Result<ProbeOutcome> statfs;
  base::Result<ProbeOutcome> read;
  base::Result<ProbeOutcome> write;
  base::Result<FilesystemUsage> usage;
  bool operator==(const MountProbes&) const = default;
};

}  // namespace motoko::observation
