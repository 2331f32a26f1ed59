#include "exporter/sources/snapshot_history.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <random>
#include <string>

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using base::WallTime;

constexpr std::chrono::seconds kOldest{1'570'562'712};  // 2019-10-08T19:25:12Z
constexpr std::chrono::seconds kNewest{1'709'273'228};  // 2024-03-01T06:07:08Z
const WallTime kNow{std::chrono::seconds(1'800'000'000)};

constexpr std::string_view kCompletion = "com.apple.backupd.SnapshotCompletionDate";

std::string xml(std::string_view body) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
      "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n{}\n</plist>\n",
      body);
}

std::string snapshots(std::string_view list) {
  return xml(fmt::format("<dict><key>Snapshots</key>{}</dict>", list));
}

std::string snapshot(std::string_view date) {
  return fmt::format(
      "<dict><key>{}</key><date>{}</date><key>com.apple.backupd.SnapshotName</key><string>x.backup</string></dict>",
      kCompletion, date);
}

std::string two_snapshots_xml() {
  return snapshots("<array>" + snapshot("2019-10-08T19:25:12Z") + snapshot("2024-03-01T06:07:08Z") + "</array>");
}

/// The same two in Apple's binary form, as Python's plistlib writes them.
std::string two_snapshots_binary() {
  constexpr std::string_view kHex =
      "62706c6973743030d1010259536e617073686f7473a2030ad30405060708095f1028636f6d2e6170706c652e6261636b7570642e536e6170"
      "73686f74436f6d706c6574696f6e446174655f101e636f6d2e6170706c652e6261636b7570642e536e617073686f744e616d655f102a636f"
      "6d2e6170706c652e6261636b7570642e536e617073686f74546f74616c4279746573436f706965643341c1a68d0c0000005f101832303139"
      "2d31302d30382d3139323531322e6261636b757012075bcd15d204050b0c3341c5c8d4060000005f1018323032342d30332d30312d303630"
      "3730382e6261636b7570080b15181f4a6b98a1bcc1c6cf0000000000000101000000000000000d000000000000000000000000000000ea";
  std::string bytes;
  for (std::size_t i = 0; i < kHex.size(); i += 2) {
    unsigned char byte = 0;
    std::from_chars(kHex.data() + i, kHex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

/// One object per level, each an array that holds the next level `copies` times; the last is an empty array.
std::string nested_binary(unsigned levels, unsigned copies) {
  std::string bytes = "bplist00";
  std::string offsets;
  const auto append = [](std::string& to, std::uint64_t value, int size) {
    while (size-- > 0) to += static_cast<char>(value >> (8 * size));
  };
  for (unsigned level = 0; level < levels; ++level) {
    append(offsets, bytes.size(), 4);
    const bool last = level + 1 == levels;
    bytes += static_cast<char>(0xa0 | (last ? 0 : copies));
    for (unsigned copy = 0; !last && copy < copies; ++copy) append(bytes, level + 1, 4);
  }
  const auto table = bytes.size();
  bytes += offsets + std::string(6, '\0') + std::string("\x04\x04", 2);
  append(bytes, levels, 8);
  append(bytes, 0, 8);
  append(bytes, table, 8);
  return bytes;
}

void expect_error(const std::string& plist, std::errc code, const std::string& context) {
  const auto newest = newest_snapshot(plist, kNow);
  ASSERT_FALSE(newest) << plist.substr(0, 300);
  EXPECT_TRUE(newest.error().is(code)) << newest.error().message();
  EXPECT_EQ(newest.error().context, context);
}

TEST(SnapshotHistory, GivesTheNewestDateOfAnXmlList) {
  EXPECT_EQ(newest_snapshot(two_snapshots_xml(), kNow).value(), WallTime(kNewest));
}

TEST(SnapshotHistory, GivesTheNewestDateOfABinaryList) {
  EXPECT_EQ(newest_snapshot(two_snapshots_binary(), kNow).value(), WallTime(kNewest));
}

TEST(SnapshotHistory, DoesNotRelyOnTheOrder) {
  EXPECT_EQ(
      newest_snapshot(
          snapshots("<array>" + snapshot("2024-03-01T06:07:08Z") + snapshot("2019-10-08T19:25:12Z") + "</array>"), kNow)
          .value(),
      WallTime(kNewest));
}

TEST(SnapshotHistory, PassesOverSnapshotsThatWereNotCompleted) {
  EXPECT_EQ(
      newest_snapshot(snapshots("<array><dict><key>com.apple.backupd.SnapshotName</key><string>x</string></dict>" +
                                snapshot("2019-10-08T19:25:12Z") + "<string>x</string></array>"),
                      kNow)
          .value(),
      WallTime(kOldest));
}

TEST(SnapshotHistory, WithoutSnapshotsMeansNoCompletedBackup) {
  for (const std::string& plist : {snapshots("<array></array>"), snapshots("<array/>"), xml("<dict></dict>"),
                                   xml("<dict><key>Other</key><array><string>x</string></array></dict>")})
    expect_error(plist, std::errc::no_message_available, "no completed backup yet");
}

TEST(SnapshotHistory, OfAWrongShapeIsMalformed) {
  const auto bad = std::errc::bad_message;
  expect_error(xml("<array></array>"), bad, "not a dictionary");
  expect_error(xml("<string>Snapshots</string>"), bad, "not a dictionary");
  expect_error(snapshots("<string>x</string>"), bad, "Snapshots is not an array");
  expect_error(snapshots("<dict></dict>"), bad, "Snapshots is not an array");
  expect_error(snapshots("<array><string>x</string><array/><dict/></array>"), bad,
               "no snapshot has a date of completion");
  expect_error(snapshots(fmt::format("<array><dict><key>{}</key><string>2024-03-01T06:07:08Z</string></dict></array>",
                                     kCompletion)),
               bad, "no snapshot has a date of completion");
}

TEST(SnapshotHistory, ThatIsNoPropertyListIsMalformed) {
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("bplist00"), std::string("<plist>"), std::string(100, '\0'),
        std::string("\xff\xfe binary", 9), two_snapshots_xml().substr(0, 400), two_snapshots_binary().substr(0, 200)})
    expect_error(text, std::errc::bad_message, "no property list, or a truncated one");
}

TEST(SnapshotHistory, DatesThatCannotBeTrueAreErrors) {
  const auto dated = [](std::string_view date) { return snapshots("<array>" + snapshot(date) + "</array>"); };
  const auto range = std::errc::result_out_of_range;
  expect_error(dated("2140-01-01T00:00:00Z"), range, "a snapshot has an impossible date");  // libplist has 32 bits
  expect_error(dated("1970-01-01T00:00:00Z"), range, "a snapshot has an impossible date");
  // A day of doubt: the Mac's clock may be a little fast, or its time zone was wrong for a while.
  expect_error(dated("2027-01-16T08:00:01Z"), range, "a snapshot is dated in the future: 2027-01-16T08:00:01Z");
  EXPECT_EQ(newest_snapshot(dated("2027-01-16T08:00:00Z"), kNow).value(), kNow + 24h);
  expect_error(snapshots("<array>" + snapshot("2140-01-01T00:00:00Z") + snapshot("2024-03-01T06:07:08Z") + "</array>"),
               range, "a snapshot has an impossible date");
}

TEST(SnapshotHistory, WithManySnapshotsIsReadQuickly) {
  std::string list = "<array>";
  for (int i = 0; i < 8000; ++i) list += snapshot("2019-10-08T19:25:12Z");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(newest_snapshot(snapshots(list + "</array>"), kNow).value(), WallTime(kOldest));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

/// What all children that have ended used.
struct ChildrenUsage {
  std::chrono::seconds cpu{0};  // rounded down
  long peak_mebibytes = 0;      // of the largest
};

ChildrenUsage children_usage() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return {std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec), usage.ru_maxrss / 1024};
}

TEST(SnapshotHistory, ThatKillsLibplistIsOnlyMalformedAndCostsLittle) {
  std::string deep;
  std::string entities = "<dict><key>k</key><string>";
  for (int i = 0; i < 500'000; ++i) deep += "<array>";
  for (int i = 0; i < 800'000; ++i) entities += "&lt;";  // libplist 2.2 needs 22 s for these
  for (const auto& [what, plist] :
       {std::pair{"nested XML", xml(deep)}, std::pair{"nested binary", nested_binary(400'000, 1)},
        std::pair{"entities", xml(entities + "</string></dict>")},
        std::pair{"2^30 references", nested_binary(30, 2)}}) {
    const auto before = children_usage();
    const auto newest = newest_snapshot(plist, kNow);
    ASSERT_FALSE(newest) << what;
    EXPECT_TRUE(newest.error().is(std::errc::bad_message)) << what << ": " << newest.error().message();
    EXPECT_LE(children_usage().cpu - before.cpu, 3s) << what;
  }
#ifndef __SANITIZE_ADDRESS__  // which needs memory of its own
  EXPECT_LT(children_usage().peak_mebibytes, 400);
#endif
  EXPECT_EQ(newest_snapshot(two_snapshots_xml(), kNow).value(), WallTime(kNewest)) << "and the next one is read";
}

/// Damage never gives anything but a date that is possible, or an error of the contract.
void expect_contract(const std::string& damaged) {
  const auto newest = newest_snapshot(damaged, kNow);
  if (newest) {
    EXPECT_GT(*newest, WallTime(978'307'200s));
    EXPECT_LE(*newest, kNow + 24h);
  } else {
    EXPECT_TRUE(newest.error().is(std::errc::bad_message) || newest.error().is(std::errc::no_message_available) ||
                newest.error().is(std::errc::result_out_of_range))
        << newest.error().message();
    EXPECT_FALSE(newest.error().context.empty());
  }
}

TEST(SnapshotHistory, TruncatedAnywhereIsNeverTakenForAWholeOne) {
  for (const std::string& whole : {two_snapshots_xml(), two_snapshots_binary()})
    for (std::size_t size = 0; size + 12 < whole.size(); size += 3) {  // up to "</plist>\n"
      SCOPED_TRACE(size);
      EXPECT_FALSE(newest_snapshot(whole.substr(0, size), kNow));
    }
}

TEST(SnapshotHistory, SurvivesDamage) {
  std::mt19937 random(20190313);  // the same damage each time
  for (const std::string& whole : {two_snapshots_xml(), two_snapshots_binary()})
    for (int round = 0; round < 300; ++round) {
      std::string damaged = whole;
      for (unsigned i = 0; i <= random() % 4; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      if (random() % 4 == 0) damaged.erase(random() % damaged.size(), random() % 20);
      if (random() % 4 == 0) damaged.insert(random() % damaged.size(), whole.substr(random() % whole.size(), 30));
      SCOPED_TRACE(round);
      expect_contract(damaged);
    }
}

}  // namespace
}  // namespace motoko::sources
