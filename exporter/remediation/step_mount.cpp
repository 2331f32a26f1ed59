#include <fmt/format.h>

#include "exporter/remediation/expected_device.h"
#include "exporter/remediation/steps.h"

namespace motoko::remediation {
namespace {

/// Btrfs and the like have a number of their own; their source names the device.
bool is_from(const observation::MountLayer& layer, const observation::BlockDevice& device) {
  return layer.device.major == 0 ? layer.source == device.path : layer.device == device.number;
}

}  // namespace

StepResult mount(Host& host, const StepPolicy& policy, const MountPlan& mount) {
  const std::string& path = mount.guard.path;
  const auto before = host.layers(path);
  if (!before) return {StepOutcome::failed, "the mount table cannot be read: " + before.error().message()};
  if (!before->empty())
    return {StepOutcome::failed,
            fmt::format("{} is mounted on {} meanwhile; nothing is mounted over it", before->back().source, path)};
  const auto device = expected_device(host, mount.guard);
  if (!device) return {StepOutcome::failed, device.error().message()};
  const auto mounted = host.mount(mount.guard, *device, policy.mount);
  const auto after = host.layers(path);
  const bool is_there = after && after->size() == 1 && is_from(after->front(), *device);
  if (is_there) return {StepOutcome::done, fmt::format("{} mounted on {}", device->path, path)};
  if (!mounted) return {StepOutcome::failed, mounted.error().message()};
  if (after && !after->empty())
    return {StepOutcome::failed,
            fmt::format("{} was mounted, but {} lies on {}", device->path, after->back().source, path)};
  return {StepOutcome::failed, fmt::format("{} was mounted on {}, and is not there any more", device->path, path)};
}

}  // namespace motoko::remediation
