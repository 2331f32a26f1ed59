#include "exporter/sources/kmsg_record.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;

TEST(KmsgRecord, IsReadWithItsContinuationLinesLeftOut) {
  const auto record = parse_kmsg_record(
      "6,1339,5140900,-;usb 2-1: USB disconnect, device number 2\n SUBSYSTEM=usb\n DEVICE=c189:129\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(*record, (KmsgRecord{6, 1339, 5140900us, "usb 2-1: USB disconnect, device number 2"}));
}

TEST(KmsgRecord, SkipsFieldsThatOtherKernelsAdd) {
  const auto record = parse_kmsg_record("3,7,18446744073709,c,caller=T123,later=1;text; with a semicolon\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(*record, (KmsgRecord{3, 7, 18446744073709us, "text; with a semicolon"}));
}

TEST(KmsgRecord, TakesATextWithoutALineEnd) {
  const auto record = parse_kmsg_record("3,7,1,-;text");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "text");
}

TEST(KmsgRecord, TakesATimeThatFitsNoClock) {
  const auto record = parse_kmsg_record("3,7,18446744073709551615,-;text");
  ASSERT_TRUE(record);
  EXPECT_GT(std::chrono::nanoseconds(record->time), 0ns);
}

TEST(KmsgRecord, RejectsWhatIsNoRecord) {
  for (const std::string text :
       {"", ";", "EXT4-fs error", "3,7;text", "3,7,1;text", ",7,1,-;text", "3,,1,-;text", "-3,7,1,-;text",
        "3,7,1x,-;text", "3,7,99999999999999999999,-;text", "3,7,1,-\n;text", "3,7,1,-"})
    EXPECT_FALSE(parse_kmsg_record(text)) << text;
}

TEST(KmsgRecord, FromTheKernelIsOnlyFacilityZero) {
  EXPECT_TRUE(is_from_kernel(*parse_kmsg_record("7,1,1,-;x")));
  EXPECT_FALSE(is_from_kernel(*parse_kmsg_record("8,1,1,-;x")));   // user.emerg: "<0>x" written to /dev/kmsg
  EXPECT_FALSE(is_from_kernel(*parse_kmsg_record("30,1,1,-;x")));  // daemon.info: systemd
}

TEST(KmsgRecord, UnescapesBytesAndLeavesWhatIsNoEscape) {
  EXPECT_EQ(unescape_kmsg(R"(a\x0ab\xc3\xa9\x5cc)"), "a\nb\xc3\xa9\\c");
  EXPECT_EQ(unescape_kmsg(R"(\x0)"), R"(\x0)");
  EXPECT_EQ(unescape_kmsg(R"(\xzz \y \)"), R"(\xzz \y \)");
  EXPECT_EQ(unescape_kmsg(R"(\x4\x41)"), R"(\x4A)");
  EXPECT_EQ(unescape_kmsg(""), "");
}

}  // namespace
}  // namespace motoko::sources
