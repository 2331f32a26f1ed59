// Text that is safe to print, and sizes, durations and dates as people read them.
#include "exporter/base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace motoko::base {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr auto kReplacement = "\xef\xbf\xbd";  // U+FFFD

TEST(ValidUtf8, LeavesWellFormedTextAsItIs) {
  for (const std::string text : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xbe", "\xf4\x8f\xbf\xbf",
                                 "\xed\x9f\xbf", "\xee\x80\x80"})
    EXPECT_EQ(valid_utf8(text), text);
}

TEST(ValidUtf8, ReplacesEachByteThatIsNotUtf8) {
  const std::string r = kReplacement;
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a" + r + "b");
  EXPECT_EQ(valid_utf8("\x80"), r) << "a continuation byte alone";
  EXPECT_EQ(valid_utf8("\xc0\xaf"), r + r) << "an overlong slash";
  EXPECT_EQ(valid_utf8("\xe0\x80\x80"), r + r + r) << "overlong, three bytes";
  EXPECT_EQ(valid_utf8("\xf0\x80\x80\x80"), r + r + r + r) << "overlong, four bytes";
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), r + r + r) << "a surrogate";
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), r + r + r + r) << "above U+10FFFF";
  EXPECT_EQ(valid_utf8("\xf5\x80\x80\x80"), r + r + r + r) << "no lead byte";
}

TEST(ValidUtf8, ReplacesASequenceThatIsCutOffAtTheEnd) {
  const std::string r = kReplacement;
  EXPECT_EQ(valid_utf8("x\xc3"), "x" + r);
  EXPECT_EQ(valid_utf8("x\xe2\x82"), "x" + r + r);
  EXPECT_EQ(valid_utf8("x\xe2\x82y"), "x" + r + r + "y");
}

TEST(ValidUtf8, KeepsNulBytes) {
  EXPECT_EQ(valid_utf8("a\0b"sv), std::string("a\0b"sv));
}

TEST(Printable, LeavesNothingThatMovesTheCursorOrColoursTheTerminal) {
  EXPECT_EQ(printable("plain \xc3\xa4"), "plain \xc3\xa4");
  EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f\0"sv), "a?b?c?[31m??");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m\xc2\x80\xc2\xa0"),
            "?31m?\xc2\xa0")
      << "U+009B is CSI; U+00A0 is a blank";
  EXPECT_EQ(printable("x\xc2"), std::string("x") + kReplacement);
}

TEST(JsonString, QuotesAndEscapesWhatJsonForbids) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("WDC WD200"), R"("WDC WD200")");
  EXPECT_EQ(json_string(R"(say "hi" \ bye)"), R"("say \"hi\" \\ bye")");
  EXPECT_EQ(json_string("a\nb\tc\rd"), R"("a\nb\tc\u000dd")");
  EXPECT_EQ(json_string("\0\x1b\x1f"sv), R"("\u0000\u001b\u001f")");
}

TEST(JsonString, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_string("\xff"), std::string("\"") + kReplacement + "\"");
  EXPECT_EQ(json_string("\xc3\xa4"), "\"\xc3\xa4\"");
}

TEST(FormatBytes, GivesOneDecimalAndTheLargestUnitThatFits) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.0 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(20'000'588'955'648), "18.2 TiB") << "the disk of the incident";
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16.0 EiB");
}

TEST(FormatBytes, NeverRoundsUpTo1024OfAUnit) {
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(format_bytes(1024ull * 1024 * 1024 - 1), "1.0 GiB");
  EXPECT_EQ(format_bytes(1023 * 1024), "1023.0 KiB");
}

TEST(FormatDuration, GivesTheTwoLargestUnitsThatAreNotZero) {
  EXPECT_EQ(format_duration(250ms), "250ms");
  EXPECT_EQ(format_duration(2s), "2s");
  EXPECT_EQ(format_duration(1500ms), "1s 500ms");
  EXPECT_EQ(format_duration(302s), "5m 2s");
  EXPECT_EQ(format_duration(1h), "1h");
  EXPECT_EQ(format_duration(76h), "3d 4h");
  EXPECT_EQ(format_duration(72h + 5min), "3d 5m");
  EXPECT_EQ(format_duration(76h + 5min + 6s), "3d 4h");
  EXPECT_EQ(format_duration(0ms), "0ms");
}

TEST(FormatDuration, PutsOneSignBeforeANegativeDuration) {
  EXPECT_EQ(format_duration(-302s), "-5m 2s");
  EXPECT_EQ(format_duration(-1ms), "-1ms");
}

TEST(FormatDuration, SurvivesTheExtremes) {
  EXPECT_EQ(format_duration(std::chrono::milliseconds::max()), "106751991167d 7h");
  EXPECT_EQ(format_duration(std::chrono::milliseconds::min()), "-106751991167d 7h");
}

TEST(FormatTime, IsRfc3339InUtc) {
  EXPECT_EQ(format_time(WallTime()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(WallTime(1'795'464'900s)), "2026-11-23T20:15:00Z");
  EXPECT_EQ(format_time(WallTime(1'795'464'900s + 999ms)), "2026-11-23T20:15:00Z");
}

TEST(FormatTime, RoundsDownBefore1970Too) {
  EXPECT_EQ(format_time(WallTime(-1ms)), "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace motoko::base
