// How little free space is too little: a share of the file system or a number of bytes.
#pragma once

#include <cstdint>
#include <variant>

namespace motoko::base {

/// A share of the file system's size, 0 to 1 ("5%" is 0.05).
struct SpaceRatio {
  double value = 0;
  bool operator==(const SpaceRatio&) const = default;
};

struct SpaceBytes {
  std::uint64_t value = 0;
  bool operator==(const SpaceBytes&) const = default;
};

using SpaceThreshold = std::variant<SpaceRatio, SpaceBytes>;

}  // namespace motoko::base
