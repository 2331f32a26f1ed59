// Whether this process may make real faults: mounts and loop devices need root.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace motoko::testing {

/// Why mounts and loop devices cannot be made here ("not root"), or nothing where they can.
[[nodiscard]] std::optional<std::string> missing_privilege();

}  // namespace motoko::testing

/// First line of a test or SetUp() that needs root: skips and says what stays untested.
#define MOTOKO_REQUIRE_ROOT(what_is_not_tested)                                                             \
  do {                                                                                                      \
    if (const auto why = ::motoko::testing::missing_privilege())                                            \
      GTEST_SKIP() << "NOT TESTED: " << (what_is_not_tested) << " (" << *why << "; run tests/run as root)"; \
  } while (false)
