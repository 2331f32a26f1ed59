#include <fmt/format.h>

#include "exporter/remediation/expected_device.h"
#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {
namespace {

/// e2fsck(8): up to here the file system is sound, from the next on it is not, or was not looked at.
constexpr int kLastGoodExitCode = 3;

bool is_ext(const observation::BlockDevice& device, const observation::GuardedMount& guard) {
  const std::string& type = device.tags && !device.tags->fs_type.empty() ? device.tags->fs_type : guard.fs_type;
  return type == "ext4" || type == "ext3" || type == "ext2";
}

}  // namespace

StepResult check_filesystem(Host& host, const StepPolicy& policy, const MountPlan& mount) {
  if (policy.fsck == FsckPolicy::never) return {StepOutcome::skipped, "remediation.fsck is never"};
  const auto device = expected_device(host, mount.guard);
  if (!device) return {StepOutcome::failed, device.error().message()};
  if (!is_ext(*device, mount.guard)) return {StepOutcome::skipped, "only ext4 is checked"};
  const auto in_use = host.device_in_use(*device);
  if (in_use && *in_use) return {StepOutcome::skipped, device->path + " is in use, so it cannot be checked"};
  if (policy.fsck == FsckPolicy::on_errors && !mount.errors_seen) {
    const auto recorded = host.errors_recorded(*device);
    if (!recorded) return {StepOutcome::failed, recorded.error().message()};
    if (!*recorded) return {StepOutcome::skipped, "no errors are recorded on " + device->path};
  }
  const auto check = host.check_filesystem(*device, policy.check_filesystem);
  if (!check) return {StepOutcome::failed, "e2fsck: " + check.error().message()};
  if (check->exit_code < 0 || check->exit_code > kLastGoodExitCode)
    return {StepOutcome::failed,
            fmt::format("e2fsck -p could not repair {}: {}. Nothing is mounted from it; run `e2fsck {}` and answer its "
                        "questions, then `motokoctl fix`",
                        device->path, check->said, device->path)};
  return {StepOutcome::done, fmt::format("e2fsck -p {}: {}", device->path, check->said)};
}

}  // namespace motoko::remediation
