#include <fmt/format.h>

#include "exporter/remediation/expected_device.h"
#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {
namespace {

using observation::BlockDevice;

std::optional<std::string> wait_until_free(Host& host, milliseconds patience, const BlockDevice& device) {
  return wait_for(host, patience, [&]() -> std::optional<std::string> {
    const auto in_use = host.device_in_use(device);
    if (!in_use) return in_use.error().message();
    if (*in_use) return device.path + " is still in use";
    return std::nullopt;
  });
}

/// A superblock that nothing is wrong with may be mounted once more. Where that is not known, it is not.
bool is_sound(Host& host, const MountPlan& mount, const BlockDevice& device) {
  if (mount.suspect) return false;
  const auto flags = host.superblock_flags(device);
  return flags && !flags->shutdown && !flags->emergency_ro && (!flags->read_only || mount.guard.read_only_asked);
}

}  // namespace

StepResult release_holders(Host& host, const StepPolicy& policy, const MountPlan& mount) {
  const auto device = expected_device(host, mount.guard);
  if (!device) return {StepOutcome::failed, device.error().message()};
  const auto in_use = host.device_in_use(*device);
  if (in_use && *in_use && is_sound(host, mount, *device))
    return {StepOutcome::done,
            fmt::format("{} is mounted elsewhere or held, and nothing is wrong with it: {}", device->path,
                        describe(host.holders_of(*device).value_or(std::vector<Holder>())))};
  // What somebody holds on purpose will not be let go by waiting; what nobody does, the kernel is still writing back.
  if (!wait_until_free(host, policy.release_by_holders, *device)) return {StepOutcome::done, device->path + " is free"};
  const auto alive = host.superblock_alive(*device);
  if (alive && !*alive)
    return {StepOutcome::failed,
            fmt::format("another program has {} for itself, such as e2fsck, LVM or md, though no file "
                        "system of it is alive; wait until it ends, then run `motokoctl fix` again",
                        device->path)};
  auto holders = host.holders_of(*device);
  if (holders && holders->empty()) {
    if (!wait_until_free(host, policy.release, *device)) return {StepOutcome::done, device->path + " is free"};
    holders = host.holders_of(*device);
  }
  if (!holders) return {StepOutcome::failed, holders.error().message()};
  if (!holders->empty() && policy.kill_holders) {
    const auto ended = host.end_holders(*holders);
    if (!wait_until_free(host, policy.release, *device))
      return {StepOutcome::done,
              fmt::format("{} is free after these were ended: {}", device->path, describe(*holders))};
    return {StepOutcome::failed, fmt::format("{} is still held, though these were to be ended: {}{}", device->path,
                                             describe(*holders), ended ? "" : "; " + ended.error().message())};
  }
  const std::string by = holders->empty() ? "by nothing that procfs shows: perhaps an NFS export, or a mount in a "
                                            "namespace without a process"
                                          : "by " + describe(*holders);
  return {StepOutcome::failed,
          fmt::format("the dead file system of {} lives on in {}, and mounting it now would bring it back dead; it is "
                      "held {}. End what holds it (or set remediation.kill_holders: true), then run `motokoctl fix`",
                      mount.guard.path, device->path, by)};
}

}  // namespace motoko::remediation
