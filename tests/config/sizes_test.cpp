// Space thresholds as they are written and printed.
#include "exporter/config/sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace motoko::config {
namespace {

using base::SpaceBytes;
using base::SpaceRatio;
using base::SpaceThreshold;
using ::testing::HasSubstr;

TEST(ParseSpace, ReadsSharesOfTheFileSystem) {
  EXPECT_EQ(parse_space("5%"), SpaceThreshold(SpaceRatio{0.05}));
  EXPECT_EQ(parse_space("2.5%"), SpaceThreshold(SpaceRatio{0.025}));
  EXPECT_EQ(parse_space("0%"), SpaceThreshold(SpaceRatio{0}));
  EXPECT_EQ(parse_space("100%"), SpaceThreshold(SpaceRatio{1}));
  EXPECT_EQ(parse_space("7 %"), SpaceThreshold(SpaceRatio{0.07}));
}

TEST(ParseSpace, ReadsBinaryAndDecimalUnits) {
  const auto bytes = [](std::uint64_t count) { return SpaceThreshold(SpaceBytes{count}); };
  EXPECT_EQ(parse_space("4096B"), bytes(4096));
  EXPECT_EQ(parse_space("1KiB"), bytes(1024));
  EXPECT_EQ(parse_space("1MiB"), bytes(1048576));
  EXPECT_EQ(parse_space("200GiB"), bytes(200ull << 30));
  EXPECT_EQ(parse_space("200 GiB"), bytes(200ull << 30));
  EXPECT_EQ(parse_space("1.5TiB"), bytes(1536ull << 30));
  EXPECT_EQ(parse_space("2PiB"), bytes(2ull << 50));
  EXPECT_EQ(parse_space("1KB"), bytes(1000));
  EXPECT_EQ(parse_space("1kB"), bytes(1000));
  EXPECT_EQ(parse_space("3MB"), bytes(3'000'000));
  EXPECT_EQ(parse_space("200GB"), bytes(200'000'000'000));
  EXPECT_EQ(parse_space("1.5TB"), bytes(1'500'000'000'000));
  EXPECT_EQ(parse_space("1PB"), bytes(1'000'000'000'000'000));
  EXPECT_EQ(parse_space("18446744073709551615B"), bytes(18446744073709551615ull));
}

TEST(ParseSpace, SaysThatANumberWithoutAUnitHasNone) {
  for (const auto* text : {"5", "0", "2.5", "1073741824"}) {
    const auto refused = parse_space(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error(), HasSubstr("has no unit")) << text;
  }
  EXPECT_THAT(parse_space("5").error(), HasSubstr("write 5% for a share or 5GiB for an amount"));
}

TEST(ParseSpace, RefusesWhatIsNoAmount) {
  for (const auto* text : {"", "%", "GiB", "lots", "-5%", "+5%", ".5%", "5.%", "1.2345678%", "nan%", "inf%", " 5%"}) {
    const auto refused = parse_space(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_THAT(refused.error(), HasSubstr("is not an amount of space; write for example 5%")) << text;
  }
}

TEST(ParseSpace, NamesTheUnitItDoesNotKnow) {
  for (const auto* unit : {"G", "gib", "GIB", "EiB", "percent", "%%", "% ", "e3%", "0.5GiB extra", "\n%"}) {
    const auto refused = parse_space("5" + std::string(unit));
    ASSERT_FALSE(refused) << unit;
    EXPECT_THAT(refused.error(), HasSubstr("known are %, B, KiB")) << unit;
  }
  EXPECT_THAT(parse_space("5 G").error(), HasSubstr("unknown unit \"G\""));
}

TEST(ParseSpace, RefusesMoreThanTheWhole) {
  for (const auto* text : {"101%", "100.000001%", "1000000000000000000000000000%"})
    EXPECT_THAT(parse_space(text).error(), HasSubstr("is more than 100%")) << text;
  for (const auto* text : {"18446744073709551616B", "16384PiB", "99999999999999999999999999PiB"})
    EXPECT_THAT(parse_space(text).error(), HasSubstr("is larger than any file system")) << text;
}

TEST(SpaceText, PrintsWhatPeopleWouldWrite) {
  for (const auto* text : {"5%", "2.5%", "0%", "100%", "0.000001%", "33.333333%", "200GiB", "1536GiB", "200GB",
                           "1500GB", "4096B", "0B", "1025B", "3MB", "2PiB", "18446744073709551615B"}) {
    const auto threshold = parse_space(text);
    ASSERT_TRUE(threshold) << text;
    EXPECT_EQ(parse_space(space_text(*threshold)), threshold) << text;
  }
  EXPECT_EQ(space_text(SpaceRatio{0.05}), "5%");
  EXPECT_EQ(space_text(SpaceRatio{0.025}), "2.5%");
  EXPECT_EQ(space_text(SpaceRatio{0}), "0%");
  EXPECT_EQ(space_text(SpaceBytes{200ull << 30}), "200GiB");
  EXPECT_EQ(space_text(SpaceBytes{1536ull << 30}), "1536GiB");
  EXPECT_EQ(space_text(SpaceBytes{200'000'000'000}), "200GB");
  EXPECT_EQ(space_text(SpaceBytes{1025}), "1025B");
  EXPECT_EQ(space_text(SpaceBytes{0}), "0B");
}

TEST(SpaceText, IsExactForEveryThousandthOfAPercent) {
  for (int i = 0; i <= 100'000; ++i) {
    const std::string text = std::to_string(i / 1000) + "." + std::to_string(i % 1000 + 1000).substr(1) + "%";
    const auto ratio = parse_space(text);
    ASSERT_TRUE(ratio) << text;
    ASSERT_EQ(parse_space(space_text(*ratio)), ratio) << text;
  }
}

}  // namespace
}  // namespace motoko::config
