// Storage events of the kernel log, and what they add up to. Read by sources/kernel_log, judged by health/.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/base/clock.h"

namespace motoko::observation {

enum class KernelEventKind {
  ext4_error,
  ext4_warning,
  ext4_shutdown,
  journal_abort,
  io_error,
  remount_ro,
  usb_disconnect,
  usb_reset,
  device_offline,
};

inline constexpr std::array kKernelEventKinds = {
    KernelEventKind::ext4_error,     KernelEventKind::ext4_warning, KernelEventKind::ext4_shutdown,
    KernelEventKind::journal_abort,  KernelEventKind::io_error,     KernelEventKind::remount_ro,
    KernelEventKind::usb_disconnect, KernelEventKind::usb_reset,    KernelEventKind::device_offline,
};

/// The value of the label `kind`.
[[nodiscard]] std::string_view to_string(KernelEventKind kind);

struct KernelEvent {
  base::MonotonicTime time;
  KernelEventKind kind = KernelEventKind::io_error;
  std::string device;       // "sdb1"; "2-1" for USB; "unknown" where the kernel named none (suppressed messages)
  std::string filesystem;   // UUID mounted on that device then, where the log told; else empty
  std::uint64_t count = 1;  // more than 1: messages the kernel suppressed
  std::string text;         // as the kernel wrote it
  bool operator==(const KernelEvent&) const = default;
};

/// The life of one device's mounted file system as the log tells it. Times of the newest such message; a new mount
/// starts a new history, and the end of the superblock ("unmounting filesystem", since Linux 5.19) ends it.
struct DeviceLogHistory {
  std::string filesystem;  // UUID, lower-case; empty: the kernel printed none (before 6.2)
  std::optional<base::MonotonicTime> mounted;
  std::optional<base::MonotonicTime> remounted_ro;  // "Remounting filesystem read-only" or "Aborting journal"
  std::optional<base::MonotonicTime> shut_down;
  bool operator==(const DeviceLogHistory&) const = default;
};

/// Everything the log has said since boot, as far as it was kept.
struct KernelLog {
  std::deque<KernelEvent> events;                                           // oldest first, bounded by age and number
  std::map<std::pair<std::string, KernelEventKind>, std::uint64_t> totals;  // by device and kind
  std::map<std::string, DeviceLogHistory> devices;  // by device name; empty after a loss: older messages prove nothing
  std::map<std::string, base::MonotonicTime> attached;  // when the disk now behind a name came; bounded
  std::uint64_t lost = 0;   // records overwritten before they were read, while this log was being read
  bool since_boot = false;  // complete: the first record of this boot was there, none was lost, and the kernel
                            // suppressed no message that `devices` is made of
  bool operator==(const KernelLog&) const = default;
};

}  // namespace motoko::observation
