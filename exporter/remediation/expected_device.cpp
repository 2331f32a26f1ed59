#include "exporter/remediation/expected_device.h"

#include <fmt/format.h>

namespace motoko::remediation {
namespace {

constexpr std::size_t kMaxNamed = 10;

}  // namespace

Result<observation::BlockDevice> expected_device(Host& host, const observation::GuardedMount& guard) {
  const auto devices = host.devices_of(guard);
  if (!devices) return with_context(devices.error(), "look for " + to_string(guard.device));
  if (devices->empty())
    return base::failure(std::errc::no_message_available,
                         fmt::format("no block device is {} any more{}", to_string(guard.device),
                                     guard.disk.empty() ? "" : "; the disk is: " + guard.disk));
  if (devices->size() > 1)
    return base::failure(
        std::errc::no_message_available,
        fmt::format("{} devices are {} now; mounting both destroys data", devices->size(), to_string(guard.device)));
  return devices->front();
}

std::string describe(const std::vector<Holder>& holders) {
  std::string text;
  std::size_t named = 0;
  for (const auto& holder : holders) {
    if (named++ == kMaxNamed) return text + fmt::format(" and {} more", holders.size() - kMaxNamed);
    const auto who = holder.pid > 0 ? fmt::format("{} (pid {})", holder.name, holder.pid) : holder.name;
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", who, holder.how);
  }
  return text;
}

}  // namespace motoko::remediation
