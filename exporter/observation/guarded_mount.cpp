#include "exporter/observation/guarded_mount.h"

namespace motoko::observation {

std::string to_string(const DeviceSpec& spec) {
  switch (spec.tag) {
    case DeviceTag::uuid:
      return "UUID=" + spec.value;
    case DeviceTag::label:
      return "LABEL=" + spec.value;
    case DeviceTag::partuuid:
      return "PARTUUID=" + spec.value;
    case DeviceTag::partlabel:
      return "PARTLABEL=" + spec.value;
    case DeviceTag::path:
    case DeviceTag::other:
      return spec.value;
  }
  return spec.value;
}

}  // namespace motoko::observation
