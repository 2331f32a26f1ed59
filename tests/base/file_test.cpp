// Reading small files: what is in them, and which error each way to fail gives.
#include "exporter/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limits>

namespace motoko::base {
namespace {

class Files : public ::testing::Test {
 protected:
  Files() {
    std::string pattern = ::testing::TempDir() + "motoko_file_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
    directory_ = pattern;
  }
  ~Files() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string file(const std::string& content) const {
    std::ofstream(path("file"), std::ios::binary) << content;
    return path("file");
  }

 private:
  std::filesystem::path directory_;
};

using ReadFile = Files;
using ReadLine = Files;
using ReadNumber = Files;

TEST_F(ReadFile, GivesEveryByte) {
  const std::string content("line one\nnul \0 and \xff\n", 22);
  EXPECT_EQ(read_file(file(content)), content);
}

TEST_F(ReadFile, GivesAnEmptyTextForAnEmptyFile) {
  EXPECT_EQ(read_file(file("")), "");
}

TEST_F(ReadFile, ReadsMoreThanOneBuffer) {
  const std::string content(100'000, 'x');
  EXPECT_EQ(read_file(file(content)), content);
}

TEST_F(ReadFile, TakesAFileOfExactlyTheLimitAndRefusesOneByteMore) {
  EXPECT_EQ(read_file(file(std::string(5000, 'x')), 5000)->size(), 5000U);
  const auto refused = read_file(file(std::string(5001, 'x')), 5000);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(std::errc::file_too_large));
}

TEST_F(ReadFile, StopsAtTheLimitOfAFileThatHasNoEnd) {
  const auto refused = read_file("/dev/zero", 1 << 16);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(std::errc::file_too_large));
}

TEST_F(ReadFile, NamesTheFileAndTheReasonWhenItIsMissing) {
  const auto missing = read_file(path("missing"));
  ASSERT_FALSE(missing);
  EXPECT_TRUE(missing.error().is(std::errc::no_such_file_or_directory));
  EXPECT_EQ(missing.error().message(), "open " + path("missing") + ": No such file or directory");
}

TEST_F(ReadFile, FailsOnADirectory) {
  const auto refused = read_file(path(""));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(std::errc::is_a_directory));
}

TEST_F(ReadLine, GivesAFirstLineLongerThanOneBufferWhole) {
  EXPECT_EQ(read_line(file(std::string(5000, 'x') + "\nsecond\n")), std::string(5000, 'x'));
}

TEST_F(ReadLine, GivesTheFirstLineWithoutBlanksAround) {
  EXPECT_EQ(read_line(file("running\n")), "running");
  EXPECT_EQ(read_line(file("WDC WD200EDGZ-11B \nsecond\n")), "WDC WD200EDGZ-11B");
  EXPECT_EQ(read_line(file(" \t padded\t\r\n")), "padded");
  EXPECT_EQ(read_line(file("no line end")), "no line end");
}

TEST_F(ReadLine, GivesNothingForALineOfBlanks) {
  for (const auto* content : {"", "\n", " \t\n", "\r\n", " \r\n", "\nsecond\n"})
    EXPECT_EQ(read_line(file(content)), "") << ::testing::PrintToString(content);
}

TEST_F(ReadNumber, ReadsADecimalNumber) {
  EXPECT_EQ(read_number(file("0\n")), 0U);
  EXPECT_EQ(read_number(file(" 39063650304\n")), 39'063'650'304U);
  EXPECT_EQ(read_number(file("18446744073709551615")), std::numeric_limits<std::uint64_t>::max());
}

TEST_F(ReadNumber, RefusesEverythingElseAndShowsIt) {
  for (const auto* content : {"", "\n", "twelve", "12 34", "12x", "-1", "+1", "0x10", "1.5", "18446744073709551616"}) {
    const auto refused = read_number(file(content));
    ASSERT_FALSE(refused) << content;
    EXPECT_TRUE(refused.error().is(std::errc::invalid_argument)) << content;
  }
  EXPECT_NE(read_number(file("twelve")).error().message().find("\"twelve\""), std::string::npos);
}

TEST_F(ReadNumber, TellsAMissingFileFromOneThatHoldsNoNumber) {
  EXPECT_TRUE(read_number(path("missing")).error().is(std::errc::no_such_file_or_directory));
}

}  // namespace
}  // namespace motoko::base
