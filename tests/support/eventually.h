// Waiting for what must become true: polls instead of sleeping, and says the last state when it never did.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <concepts>
#include <string>
#include <thread>

namespace motoko::testing {

inline constexpr std::chrono::milliseconds kPollInterval{10};

/// Success as soon as `condition()` is true; failure with `describe()` when it was not within `deadline`. Both run in
/// this thread, one after the other, so that `describe` may print what `condition` saw last.
template <std::predicate Condition, typename Describe>
::testing::AssertionResult eventually(std::chrono::milliseconds deadline, Condition condition, Describe describe) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) {
      return ::testing::AssertionFailure() << "not within " << deadline.count() << " ms; last state:\n" << describe();
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  return ::testing::AssertionSuccess();
}

template <std::predicate Condition>
::testing::AssertionResult eventually(std::chrono::milliseconds deadline, Condition condition) {
  return eventually(deadline, condition, [] { return std::string("(none given)"); });
}

}  // namespace motoko::testing
