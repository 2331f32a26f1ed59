#include "exporter/observation/kernel_log_queries.h"

#include <algorithm>

namespace motoko::observation {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_case(x) == lower_case(y); });
}

/// sdb for sdb1; nvme0n1 for nvme0n1p1: a "p" follows a name that ends in a digit (kernel: block/partitions/core.c).
bool is_disk_of(std::string_view disk, std::string_view partition) {
  if (disk.empty() || !partition.starts_with(disk)) return false;
  auto number = partition.substr(disk.size());
  if (is_digit(disk.back())) {
    if (!number.starts_with('p')) return false;
    number.remove_prefix(1);
  }
  return !number.empty() && std::all_of(number.begin(), number.end(), is_digit);
}

bool is_error(KernelEventKind kind) {
  switch (kind) {
    case KernelEventKind::ext4_error:
    case KernelEventKind::ext4_warning:
    case KernelEventKind::io_error:
      return true;
    case KernelEventKind::ext4_shutdown:
    case KernelEventKind::journal_abort:
    case KernelEventKind::remount_ro:
    case KernelEventKind::usb_disconnect:
    case KernelEventKind::usb_reset:
    case KernelEventKind::device_offline:
      return false;
  }
  return false;
}

/// Since when messages about a device that name no file system are about the one it carries now: another disk may have
/// had the name before, and what went wrong before a successful mount is past.
base::MonotonicTime name_valid_since(const KernelLog& log, const std::string& event_device, const std::string& name) {
  base::MonotonicTime since{};
  if (const auto history = log.devices.find(name); history != log.devices.end() && history->second.mounted)
    since = *history->second.mounted;
  for (const auto& device : {event_device, name})
    if (const auto attached = log.attached.find(device); attached != log.attached.end())
      since = std::max(since, attached->second);
  return since;
}

bool is_about(const KernelLog& log, const KernelEvent& event, const std::vector<std::string>& device_names,
              std::string_view uuid) {
  if (!event.filesystem.empty() && !uuid.empty()) return equal_without_case(event.filesystem, uuid);
  return std::any_of(device_names.begin(), device_names.end(), [&](const std::string& name) {
    return (event.device == name || is_disk_of(event.device, name)) &&
           event.time >= name_valid_since(log, event.device, name);
  });
}

std::optional<bool> derived(const DeviceLogHistory* history, std::optional<base::MonotonicTime> bad_news,
                            bool since_boot) {
  if (bad_news && (!history->mounted || *bad_news >= *history->mounted)) return true;
  if (since_boot || (history != nullptr && history->mounted)) return false;
  return std::nullopt;
}

}  // namespace

std::uint64_t recent_errors(const KernelLog& log, const std::vector<std::string>& device_names,
                            std::string_view filesystem_uuid, base::MonotonicTime since) {
  std::uint64_t errors = 0;
  for (const auto& event : log.events)
    if (event.time >= since && is_error(event.kind) && is_about(log, event, device_names, filesystem_uuid))
      errors += event.count;
  return errors;
}

std::optional<bool> derived_emergency_ro(const DeviceLogHistory* history, bool since_boot) {
  return derived(history, history == nullptr ? std::nullopt : history->remounted_ro, since_boot);
}

std::optional<bool> derived_shutdown(const DeviceLogHistory* history, bool since_boot) {
  return derived(history, history == nullptr ? std::nullopt : history->shut_down, since_boot);
}

}  // namespace motoko::observation
