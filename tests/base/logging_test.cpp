// The lines on standard error: levels, both formats, and values that would break a line.
#include "exporter/base/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>
#include <vector>

namespace motoko::base {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::string logged(const std::function<void()>& log_something) {
  ::testing::internal::CaptureStderr();
  log_something();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneLogfmtLineWithTimeLevelMessageAndFields) {
  start_logging(LogLevel::info, LogFormat::logfmt);
  EXPECT_THAT(
      logged([] {
        log_info("started", {{"port", "19520"}, {"mode", "on"}});
      }),
      MatchesRegex("ts=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z level=info msg=started "
                   "port=19520 mode=on\n"));
}

TEST(Log, QuotesLogfmtValuesThatAreNotOneWord) {
  start_logging(LogLevel::info, LogFormat::logfmt);
  const auto line = logged([] {
    log_info("two words",
             {{"empty", ""}, {"equals", "a=b"}, {"quote", "\""}, {"newline", "a\nlevel=error"}, {"delete", "\x7f"}});
  });
  EXPECT_THAT(line, HasSubstr(R"(msg="two words" empty="" equals="a=b" quote="\"" newline="a\nlevel=error")"));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Log, WritesOneJsonObjectALine) {
  start_logging(LogLevel::info, LogFormat::json);
  EXPECT_THAT(logged([] {
                log_warn("say \"hi\"", {{"path", "/time\n"}});
              }),
              MatchesRegex(R"(\{"ts":"[^"]*Z","level":"warn","msg":"say \\"hi\\"","path":"/time\\n"\})"
                           "\n"));
}

TEST(Log, ReplacesWhatIsNotUtf8InBothFormats) {
  for (const auto format : {LogFormat::logfmt, LogFormat::json}) {
    start_logging(LogLevel::info, format);
    const auto line = logged([] { log_info("disk", {{"model", "bad\xff"}, {"serial", "bad \xff"}}); });
    EXPECT_THAT(line, HasSubstr("bad\xef\xbf\xbd"));
    EXPECT_THAT(line, HasSubstr("bad \xef\xbf\xbd"));
    EXPECT_THAT(line, Not(HasSubstr("\xff")));
  }
}

TEST(Log, LeavesOutWhatIsBelowTheLevel) {
  const auto log_one_of_each = [] {
    log_debug("d");
    log_info("i");
    log_warn("w");
    log_error("e");
  };
  const auto count_lines = [&](LogLevel level) {
    start_logging(level, LogFormat::logfmt);
    const auto lines = logged(log_one_of_each);
    return std::count(lines.begin(), lines.end(), '\n');
  };
  EXPECT_EQ(count_lines(LogLevel::debug), 4);
  EXPECT_EQ(count_lines(LogLevel::info), 3);
  EXPECT_EQ(count_lines(LogLevel::warn), 2);
  EXPECT_EQ(count_lines(LogLevel::error), 1);
}

TEST(Log, TakesFormatCharactersAsTheyAre) {
  start_logging(LogLevel::info, LogFormat::logfmt);
  EXPECT_THAT(logged([] { log_info("{}%s%n{0}", {{"field", "{}"}}); }), HasSubstr("msg={}%s%n{0} field={}"));
}

TEST(Log, KeepsLinesWholeWhenThreadsWriteAtOnce) {
  start_logging(LogLevel::info, LogFormat::logfmt);
  const std::string value(3000, 'x');
  const auto lines = logged([&] {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 50; ++j) log_info("line", {{"value", value}});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::size_t whole = 0;
  for (auto end = lines.find("msg=line value=" + value + "\n"); end != std::string::npos;
       end = lines.find("msg=line value=" + value + "\n", end + 1))
    ++whole;
  EXPECT_EQ(whole, 200U);
}

}  // namespace
}  // namespace motoko::base
