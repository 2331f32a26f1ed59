#include "exporter/remediation/run.h"

#include <gtest/gtest.h>

namespace motoko::remediation {
namespace {

// The history stores them as text, and older files must be read for ever.
TEST(RunText, IsReadBackAsTheSameValue) {
  for (const auto* name : {"stop_samba", "detach_layers", "release_holders", "check_filesystem", "mount",
                           "verify_mount", "start_samba", "verify_samba", "settle"}) {
    ASSERT_TRUE(step_name_of(name)) << name;
    EXPECT_EQ(to_string(*step_name_of(name)), name);
  }
  for (const auto* outcome : {"done", "failed", "skipped", "refused"}) {
    ASSERT_TRUE(step_outcome_of(outcome)) << outcome;
    EXPECT_EQ(to_string(*step_outcome_of(outcome)), outcome);
  }
  for (const auto* outcome : {"healthy", "fixed", "failed", "refused", "shadow", "suppressed", "busy", "interrupted"}) {
    ASSERT_TRUE(run_outcome_of(outcome)) << outcome;
    EXPECT_EQ(to_string(*run_outcome_of(outcome)), outcome);
  }
}

TEST(RunText, OfSomethingElseIsNoValue) {
  EXPECT_FALSE(step_name_of("unmount"));
  EXPECT_FALSE(step_outcome_of(""));
  EXPECT_FALSE(run_outcome_of("Fixed"));
}

}  // namespace
}  // namespace motoko::remediation
