// Where the host shows itself. A value, so that a test can point a source at a tree of captured files.
#pragma once

#include <string>

namespace motoko::base {

struct HostPaths {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string dev = "/dev";
  std::string udev_data = "/run/udev/data";
  bool operator==(const HostPaths&) const = default;
};

}  // namespace motoko::base
