#include <fmt/format.h>

#include "exporter/remediation/steps.h"

namespace motoko::remediation {
namespace {

StepResult failed(const std::string& path, const std::string& why) {
  return {StepOutcome::failed,
          fmt::format("{}: {}; `findmnt {}` shows what is left, `umount -l {}` detaches it", path, why, path, path)};
}

}  // namespace

StepResult detach_layers(Host& host, const StepPolicy& policy, const MountPlan& mount) {
  const std::string& path = mount.guard.path;
  const std::size_t keep = mount.cure == Cure::peel ? 1 : 0;
  std::string detached;
  std::size_t count = 0;
  for (;;) {
    const auto layers = host.layers(path);
    if (!layers) return failed(path, "the mount table cannot be read: " + layers.error().message());
    if (layers->size() <= keep) break;
    if (count == kMaxLayers) return failed(path, fmt::format("still mounted after {} layers were detached", count));
    const auto top = layers->back();
    const auto called = host.detach_top_layer(path, policy.detach_layer);
    const auto after = host.layers(path);
    if (!after) return failed(path, "the mount table cannot be read: " + after.error().message());
    // A call that is still under way may have done it; one that succeeded may have met another layer.
    if (!after->empty() && after->back().id == top.id && after->size() >= layers->size())
      return failed(path, fmt::format("{} could not be detached: {}", top.source,
                                      called ? "it is still there" : called.error().message()));
    detached += (detached.empty() ? "" : ", ") + top.source;
    ++count;
  }
  if (count == 0) return {StepOutcome::done, "nothing was mounted"};
  return {StepOutcome::done, fmt::format("{} layer{} detached: {}", count, count == 1 ? "" : "s", detached)};
}

}  // namespace motoko::remediation
