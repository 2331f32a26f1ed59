// Points in time. Rules get `Instant` as a value, so that they stay pure; only the edges ask the clocks.
#pragma once

#include <chrono>

namespace motoko::base {

using WallTime = std::chrono::system_clock::time_point;
using MonotonicTime = std::chrono::steady_clock::time_point;
using Seconds = std::chrono::duration<double>;

/// One moment on both clocks: wall time for dates on disk, monotonic time for ages and the kernel log.
struct Instant {
  WallTime wall;
  MonotonicTime monotonic;
  bool operator==(const Instant&) const = default;
};

inline Instant now() {
  return {std::chrono::system_clock::now(), std::chrono::steady_clock::now()};
}

}  // namespace motoko::base
