#include "exporter/observation/block_device.h"

#include <strings.h>

namespace motoko::observation {
namespace {

bool same_uuid(const std::string& a, const std::string& b) {
  return !a.empty() && strcasecmp(a.c_str(), b.c_str()) == 0;
}

}  // namespace

std::optional<bool> matches(const DeviceTags& tags, const DeviceSpec& spec) {
  if (tags.only_uuid_known && spec.tag != DeviceTag::uuid) return std::nullopt;
  switch (spec.tag) {
    case DeviceTag::uuid:
      return same_uuid(tags.uuid, spec.value);
    case DeviceTag::label:
      return !tags.label.empty() && tags.label == spec.value;
    case DeviceTag::partuuid:
      return same_uuid(tags.partuuid, spec.value);
    case DeviceTag::partlabel:
      return !tags.partlabel.empty() && tags.partlabel == spec.value;
    case DeviceTag::path:
    case DeviceTag::other:
      return false;
  }
  return false;
}

base::Result<std::vector<BlockDevice>> devices_matching(const DeviceInventory& inventory, const DeviceSpec& spec) {
  std::vector<BlockDevice> found;
  std::optional<base::Error> unreadable;
  for (const auto& device : inventory) {
    if (device.held) continue;
    if (spec.tag == DeviceTag::path) {
      if (device.path == spec.value) found.push_back(device);
    } else if (!device.tags) {
      unreadable = device.tags.error();
    } else if (const auto match = matches(*device.tags, spec); !match) {
      unreadable = base::errno_error(EACCES, "read " + device.path).value();
    } else if (*match) {
      found.push_back(device);
    }
  }
  if (found.empty() && unreadable && spec.tag != DeviceTag::path) return tl::unexpected(*unreadable);
  return found;
}

}  // namespace motoko::observation
