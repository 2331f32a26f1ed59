// Questions to the kernel log about one guarded mount. Pure; asked by the observer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/observation/kernel_event.h"

namespace motoko::observation {

/// Messages of kind ext4_error, ext4_warning and io_error about one file system, at `since` or later. An event is about
/// the file system whose UUID it carries (compared without regard to case). Where it carries none, or
/// `filesystem_uuid` is empty, it is about the file system on the device it names, and, for a whole disk, about those
/// on its partitions, unless it is older than that mount or than the disk that now has the name. An undercount in a
/// storm: the kernel's suppressed messages name no device, and KernelLog keeps a bounded number of events.
[[nodiscard]] std::uint64_t recent_errors(const KernelLog& log, const std::vector<std::string>& device_names,
                                          std::string_view filesystem_uuid, base::MonotonicTime since);

/// Whether the file system now mounted from a device has turned read-only for an error, for kernels that do not print
/// it. `history`: null where the log has none for the device. Nothing: the log proves neither.
[[nodiscard]] std::optional<bool> derived_emergency_ro(const DeviceLogHistory* history, bool since_boot);

/// The same for shutdown.
[[nodiscard]] std::optional<bool> derived_shutdown(const DeviceLogHistory* history, bool since_boot);

}  // namespace motoko::observation
