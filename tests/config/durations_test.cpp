// Durations as they are written and printed.
#include "exporter/config/durations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace motoko::config {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ParseDuration, ReadsEveryUnitAloneAndTogether) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2s"), 2s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("3d"), 72h);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("2d3h4m5s6ms"), 51h + 4min + 5s + 6ms);
  EXPECT_EQ(parse_duration("90m"), 90min);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ParseDuration, SaysThatANumberWithoutAUnitHasNone) {
  for (const auto* text : {"0", "5", "300", "1h30"}) {
    const auto refused = parse_duration(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error(), HasSubstr("has no unit")) << text;
  }
  EXPECT_THAT(parse_duration("300").error(), HasSubstr("write 300s"));
}

TEST(ParseDuration, RefusesWhatIsNoDurationWithExamples) {
  for (const auto* text : {"", "s", "m5", "fast", "-5s", "+5s", "1.5h", "5 m", "5m ", " 5m", "5min", "5M", "5w",
                           "30m1h", "5s5s", "1h30m!", "5m,3s", "inf"}) {
    const auto refused = parse_duration(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error(), HasSubstr("is not a duration; write for example 500ms")) << text;
  }
}

TEST(ParseDuration, RefusesWhatWouldOverflow) {
  EXPECT_EQ(parse_duration("36500d"), 24h * 36500);
  for (const auto* text :
       {"36501d", "36500d1ms", "9223372036854775807d", "99999999999999999999999s", "9223372036854775807ms"}) {
    const auto refused = parse_duration(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error(), HasSubstr("longer than 100 years")) << text;
  }
}

TEST(DurationText, UsesTheUnitsPeopleUse) {
  EXPECT_EQ(duration_text(0ms), "0s");
  EXPECT_EQ(duration_text(500ms), "500ms");
  EXPECT_EQ(duration_text(2500ms), "2s500ms");
  EXPECT_EQ(duration_text(90s), "1m30s");
  EXPECT_EQ(duration_text(15min), "15m");
  EXPECT_EQ(duration_text(90min), "1h30m");
  EXPECT_EQ(duration_text(72h), "3d");
}

TEST(DurationText, IsReadBackToTheSameDuration) {
  for (const auto duration : {0ms, 1ms, 999ms, 1000ms, 59'999ms, 86'399'999ms, 86'400'001ms, 3'153'600'000'000ms})
    EXPECT_EQ(parse_duration(duration_text(duration)), duration) << duration_text(duration);
}

}  // namespace
}  // namespace motoko::config
