// What an observed mount amounts to, each point true, false or unknown. The rules and the metrics both read it from
// here, so that they cannot differ.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "exporter/base/result.h"
#include "exporter/observation/observation.h"

namespace motoko::health {

using base::Result;

/// Of the top layer. All false while nothing is mounted.
struct StaleReasons {
  Result<bool> device_gone;   // its device is not there any more
  Result<bool> wrong_device;  // it is not the file system that fstab names
  Result<bool> shutdown;
  Result<bool> io_error;      // a touch failed, other than by running out of space or being read-only
  Result<bool> unresponsive;  // a touch did not come back within the deadline
  bool operator==(const StaleReasons&) const = default;
};

struct MountState {
  Result<bool> present;
  Result<std::uint64_t> duplicates;          // layers beyond the first
  Result<std::uint64_t> stale_layers;        // dead layers anywhere in the stack
  Result<std::uint64_t> stale_layers_below;  // dead layers under the top one
  StaleReasons reasons;
  Result<bool> stale;  // any of the reasons
  Result<bool> emergency_ro;
  Result<bool> read_only;
  Result<bool> device_present;  // exactly one block device is what fstab names
  bool operator==(const MountState&) const = default;
};

[[nodiscard]] MountState mount_state(const observation::MountObservation& mount);

/// True if one is true, false if all are false, else the first that is unknown.
[[nodiscard]] Result<bool> any_of(std::initializer_list<const Result<bool>*> facts);

}  // namespace motoko::health
