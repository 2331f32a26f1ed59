#include "exporter/host/unit_name.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"

namespace motoko::host {
namespace {

const std::vector<std::pair<std::string, std::string>> kNames = {
    {"/", "-.mount"},
    {"/time", "time.mount"},
    {"/srv/time", "srv-time.mount"},
    {"//srv///time//", "srv-time.mount"},
    {"/time machine", "time\\x20machine.mount"},
    {"/time-machine", "time\\x2dmachine.mount"},
    {"/a-/-b", "a\\x2d-\\x2db.mount"},
    {"/.time", "\\x2etime.mount"},
    {"/srv/.time", "srv-.time.mount"},
    {"/time.d/a_b:c", "time.d-a_b:c.mount"},
    {"/a\\b", "a\\x5cb.mount"},
    {"/a\tb@c%d\"e'f", "a\\x09b\\x40c\\x25d\\x22e\\x27f.mount"},
    {"/Ablage/Bücher", "Ablage-B\\xc3\\xbccher.mount"},
    {"/時", "\\xe6\\x99\\x82.mount"},
    {"/~", "\\x7e.mount"},
};

TEST(MountUnitName, IsTheEscapedPath) {
  for (const auto& [path, name] : kNames) EXPECT_EQ(mount_unit_name(path), name) << path;
}

TEST(MountUnitName, IsWhatSystemdItselfCallsIt) {
  if (!testing::has_program("systemd-escape"))
    GTEST_SKIP() << "NOT TESTED: that systemd calls units so (no program systemd-escape)";
  for (const auto& [path, name] : kNames) {
    EXPECT_EQ(testing::run_checked({{"systemd-escape", "--path", "--suffix=mount", path}}),
              mount_unit_name(path) + "\n")
        << path;
  }
}

}  // namespace
}  // namespace motoko::host
