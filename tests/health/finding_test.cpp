#include "exporter/health/finding.h"

#include <gtest/gtest.h>

namespace motoko::health {
namespace {

// The history stores codes as text, and older files must be read for ever.
TEST(FindingCodeText, IsReadBackAsTheSameCode) {
  for (const auto* code :
       {"not_mounted", "device_missing", "device_ambiguous", "wrong_device", "device_gone", "shutdown", "emergency_ro",
        "read_only", "io_error", "unresponsive", "stacked", "stale_layer", "detached_superblock", "shadowed_entries",
        "space_low", "kernel_errors", "smbd_down", "backup_overdue"}) {
    ASSERT_TRUE(finding_code_of(code)) << code;
    EXPECT_EQ(to_string(*finding_code_of(code)), code);
  }
}

TEST(FindingCodeText, OfSomethingElseIsNoCode) {
  EXPECT_FALSE(finding_code_of(""));
  EXPECT_FALSE(finding_code_of("Shutdown"));
}

}  // namespace
}  // namespace motoko::health
