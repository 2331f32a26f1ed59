// Files: what cannot be read, and the example that is shipped.
#include "exporter/config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <system_error>

namespace motoko::config {
namespace {

using ::testing::HasSubstr;

const std::string kExample = MOTOKO_SOURCE_DIR "/deploy/config.example.yml";

std::string text_of(const ConfigErrors& errors) {
  std::string text;
  for (const auto& error : errors) text += error.to_string() + "\n";
  return text;
}

std::string example_text() {
  std::ostringstream text;
  text << std::ifstream(kExample).rdbuf();
  return text.str();
}

class LoadConfig : public ::testing::Test {
 protected:
  LoadConfig() {
    std::string pattern = ::testing::TempDir() + "motoko_config_XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
    directory_ = pattern;
  }
  ~LoadConfig() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }
  [[nodiscard]] std::string file(const std::string& content) const {
    std::ofstream(path("config.yml"), std::ios::binary) << content;
    return path("config.yml");
  }

 private:
  std::filesystem::path directory_;
};

TEST_F(LoadConfig, ReadsAFileAndRemembersItsName) {
  const auto config = load_config(file("fstab: /srv/fstab\n"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->fstab, "/srv/fstab");
  EXPECT_EQ(config->file, path("config.yml"));
}

TEST_F(LoadConfig, SaysWhyAFileCannotBeReadAndHowToGoOn) {
  const auto missing = load_config(path("missing.yml"));
  ASSERT_FALSE(missing);
  ASSERT_EQ(missing.error().size(), 1U);
  EXPECT_EQ(missing.error()[0].line, 0);
  EXPECT_THAT(missing.error()[0].to_string(), HasSubstr(path("missing.yml") + ": cannot be read ("));
  EXPECT_THAT(missing.error()[0].message, HasSubstr("No such file or directory"));
  EXPECT_THAT(missing.error()[0].message, HasSubstr("--config.file"));
}

TEST_F(LoadConfig, SaysThatADirectoryIsNoFile) {
  const auto refused = load_config(path(""));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error()[0].message, HasSubstr("Is a directory"));
}

TEST_F(LoadConfig, TakesAFileOfOneMebibyteAndNotOneByteMore) {
  EXPECT_TRUE(load_config(file("#" + std::string((1 << 20) - 1, 'x'))));
  const auto refused = load_config(file("#" + std::string(1 << 20, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error()[0].message, HasSubstr("is larger than 1 MiB"));
}

TEST_F(LoadConfig, EndsOnAFileThatHasNoEnd) {
  const auto refused = load_config("/dev/zero");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error()[0].message, HasSubstr("is larger than 1 MiB"));
}

TEST_F(LoadConfig, ReportsEveryErrorWithTheFilesName) {
  const auto refused = load_config(file("a: 1\nb: 2\n"));
  ASSERT_FALSE(refused);
  ASSERT_EQ(refused.error().size(), 2U);
  EXPECT_THAT(refused.error()[1].to_string(), HasSubstr(path("config.yml") + ":2: unknown key \"b\""));
}

TEST(ExampleConfig, HoldsTheDefaults) {
  const auto config = load_config(kExample);
  ASSERT_TRUE(config) << text_of(config.error());
  EXPECT_EQ(*config, Config{.file = kExample});
}

/// The example with everything switched on that is commented out: there a "#" stands right before the key.
std::string example_with_all_keys() {
  const std::string all = std::regex_replace(example_text(), std::regex("(^|\n)( *)#(?=[^ #\n])"), "$1$2");
  return std::regex_replace(all, std::regex("control: systemd"), "control: command");
}

TEST(ExampleConfig, IsValidWithEveryKeySwitchedOn) {
  const auto config = parse_config(example_with_all_keys(), "example");
  ASSERT_TRUE(config) << text_of(config.error());
  ASSERT_TRUE(config->mounts);
  EXPECT_EQ(config->mounts->at(0).path, "/time");
  EXPECT_TRUE(config->mounts->at(0).time_machine);
  EXPECT_FALSE(config->samba.start_command.empty());
}

TEST(ExampleConfig, NamesEveryKeyThatTheEffectiveConfigurationHas) {
  const auto config = parse_config(example_with_all_keys(), "example");
  ASSERT_TRUE(config) << text_of(config.error());
  const std::regex key("^[ -]*([a-z_]+):");
  const std::string example = example_with_all_keys();
  std::istringstream lines(to_yaml(*config));
  int keys = 0;
  for (std::string line; std::getline(lines, line); ++keys) {
    std::smatch match;
    ASSERT_TRUE(std::regex_search(line, match, key)) << line;
    EXPECT_TRUE(std::regex_search(example, std::regex("(^|\n)[ -]*" + match[1].str() + ":"))) << match[1];
  }
  EXPECT_GT(keys, 30);
}

}  // namespace
}  // namespace motoko::config
