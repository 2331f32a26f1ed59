// When the next picture of the host is due. Pure; the monitor waits by it.
#pragma once

#include "exporter/base/clock.h"

namespace motoko::app {

class Schedule {
 public:
  /// What is known to want a picture.
  struct Wishes {
    bool event = false;   // something happened since the last one began
    bool reader = false;  // somebody waits for it
  };

  /// The last picture was finished `at`, after `took`. Without this the next one is due at once.
  void observed(base::MonotonicTime at, std::chrono::steady_clock::duration took);

  [[nodiscard]] base::MonotonicTime next_due(Wishes wishes) const;

  /// True: a reader who wants the newest picture may have the last one.
  [[nodiscard]] bool is_fresh(base::MonotonicTime now) const;

 private:
  base::MonotonicTime observed_at_;
  std::chrono::steady_clock::duration period_{0};
  std::chrono::steady_clock::duration after_event_{0};
};

}  // namespace motoko::app
