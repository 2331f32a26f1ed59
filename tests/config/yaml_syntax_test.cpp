// Files that are no YAML, or more YAML than a configuration needs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "exporter/config/load_config.h"

namespace motoko::config {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

ConfigErrors errors_of(std::string_view yaml) {
  auto config = parse_config(yaml, "config.yml");
  return config ? ConfigErrors() : std::move(config.error());
}

std::string text_of(const ConfigErrors& errors) {
  std::string text;
  for (const auto& error : errors) text += error.to_string() + "\n";
  return text;
}

struct BadText {
  std::string yaml;
  int line;
  const char* message;
};

void PrintTo(const BadText& text, std::ostream* out) {
  *out << ::testing::PrintToString(text.yaml);
}

class Unreadable : public ::testing::TestWithParam<BadText> {};

TEST_P(Unreadable, IsReportedOnItsLineWithItsCause) {
  const auto errors = errors_of(GetParam().yaml);
  ASSERT_EQ(errors.size(), 1U) << text_of(errors);
  EXPECT_EQ(errors[0].line, GetParam().line) << errors[0].message;
  EXPECT_THAT(errors[0].message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, Unreadable,
    ::testing::Values(
        BadText{"samba:\n\tenabled: true\n", 2, "a tab in the indentation; YAML allows only spaces"},
        BadText{"samba:\n  enabled: true\n\tunit: auto\n", 3, "a tab in the indentation"},
        BadText{"samba:\n  enabled: true\n unit: auto\n", 3, "the indentation does not fit the lines above"},
        BadText{"fstab: a: b\n", 1, "a colon where no key can be"},
        BadText{"fstab: /etc/fstab\n  samba: {}\n", 2, "a colon where no key can be"},
        BadText{"samba: {}\nmounts: [{path: /a}\nprobe: {}\n", 3, "YAML syntax error"},
        BadText{"samba: {enabled: true\n", 2, "a map opened with { is not closed"},
        BadText{"fstab: @here\n", 1, "a value cannot begin with this character; put it in quotes"},
        BadText{"fstab: `here`\n", 1, "put it in quotes"},
        BadText{"mounts:\n- path: /a\n  disk: *.ext4\n", 3, "a value that begins with * must be in quotes"},
        BadText{"fstab: \"\\q\"\n", 1, "a backslash begins an escape"},
        BadText{"probe: {}\n}\n", 2, "illegal flow end"},
        BadText{"mounts:\n- path: /a\n  disk: \"blue\n  time_machine: true\nsamba: {}\n", 3,
                "a quote opened here is not closed"},
        BadText{"mounts:\n- path: /a\n  disk: 'it''s blue\n", 3, "a quote opened here is not closed"}));

INSTANTIATE_TEST_SUITE_P(Characters, Unreadable,
                         ::testing::Values(BadText{"fstab: /a\nsamba: {}\n# caf\xe9\n", 3,
                                                   "is not UTF-8 from here on; save the file as UTF-8"},
                                           BadText{"\xff\xfe"
                                                   "f\0s\0"s,
                                                   1, "is not UTF-8"},
                                           BadText{"f\0s\0"s, 1, "the control character 0x00"},
                                           BadText{"fstab: /a\n\x04\nsamba: {enabled: maybe}\n", 2,
                                                   "the control character 0x04 is not allowed in YAML"},
                                           BadText{"fstab: /a\rsamba: {}\r", 1, "the control character 0x0d"},
                                           BadText{"fstab: /a\x7f\n", 1, "the control character 0x7f"},
                                           BadText{"# \x1b[31m\n", 1, "the control character 0x1b"},
                                           BadText{"#" + std::string(1 << 20, ' '), 0, "is larger than 1 MiB"}));

INSTANTIATE_TEST_SUITE_P(
    MoreThanNeeded, Unreadable,
    ::testing::Values(BadText{"fstab: /a\n---\nsamba: {}\n", 2, "a second YAML document begins here"},
                      BadText{"fstab: /a\n---\n", 2, "a second YAML document begins here"},
                      BadText{"fstab: /a\n---\n---\n---\n", 2, "a second YAML document begins here"},
                      BadText{"  fstab: /a\nsamba: {}\n", 2, "this line starts further left than the first one"},
                      BadText{"fstab: &here /a\n", 1, "anchors (&name) are not supported"},
                      BadText{"fstab: !!str /a\n", 1, "the tag \"tag:yaml.org,2002:str\" is not supported"},
                      BadText{"samba: !mine {}\n", 1, "the tag \"!mine\" is not supported"},
                      BadText{"? [a, b]\n: c\n", 1, "a key must be a word"},
                      BadText{"~: c\n", 1, "a key must be a word"},
                      BadText{"a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n", 1,
                              "nested deeper than any setting is"}));

TEST(YamlSyntax, RefusesAnAliasWhereItIsUsed) {
  const auto errors = errors_of("mounts:\n- &a\n  path: /a\n- *a\n");
  ASSERT_EQ(errors.size(), 2U) << text_of(errors);
  EXPECT_EQ(errors[0].line, 2);
  EXPECT_THAT(errors[0].message, HasSubstr("anchors"));
  EXPECT_EQ(errors[1].line, 4);
  EXPECT_THAT(errors[1].message, HasSubstr("aliases (*name) are not supported; write the value out"));
}

TEST(YamlSyntax, ShowsTheErrorsOfTheSectionsBeforeASyntaxError) {
  const auto errors = errors_of("fstab: relative\nsamba: {enabled: yes}\nprobe: {deadline: 2s}\nwebhook: [\n");
  ASSERT_EQ(errors.size(), 3U) << text_of(errors);
  EXPECT_EQ(errors[0].line, 1);
  EXPECT_EQ(errors[1].line, 2);
  EXPECT_THAT(errors[2].message, HasSubstr("YAML syntax error"));
}

TEST(YamlSyntax, DoesNotJudgeTheSectionThatASyntaxErrorCutShort) {
  const auto errors = errors_of("samba:\n  control: command\n   commands: {}\n");
  ASSERT_EQ(errors.size(), 1U) << text_of(errors);
  EXPECT_THAT(errors[0].message, HasSubstr("YAML syntax error"));
}

TEST(YamlSyntax, FindsDuplicateKeysInUnknownSectionsToo) {
  const auto errors = errors_of("strange:\n  - {a: 1, a: 2}\n");
  ASSERT_EQ(errors.size(), 2U) << text_of(errors);
  EXPECT_THAT(errors[1].message, HasSubstr("duplicate key \"strange[0].a\""));
}

TEST(YamlSyntax, TakesQuotesThatAreClosedOnALaterLineOrHoldQuotes) {
  for (const auto* disk : {R"("a \" b")", "'a '' b'", "\"a\n   b\"", R"("a \\")", "''", "it's", "a \"b"}) {
    const auto config = parse_config("mounts:\n- path: /a\n  disk: "s + disk + "\n", "f");
    EXPECT_TRUE(config) << disk << text_of(config ? ConfigErrors() : config.error());
  }
}

/// A file of one mebibyte: `start`, then `piece` again and again.
std::string filled(std::string start, const std::string& piece) {
  while (start.size() + piece.size() <= (1 << 20)) start += piece;
  return start;
}

/// Each list names the one before twice: 2^60 items, were aliases followed.
std::string billion_laughs() {
  std::string yaml = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    yaml += name + ": &" + name + " [" + before + ", " + before + "]\n";
  }
  return yaml;
}

std::string many_labels() {
  std::string yaml = "nope: 1\nwebhook:\n  match_labels:\n";
  for (int i = 0; i < 60'000; ++i) yaml += "    l" + std::to_string(i) + ": x\n";
  return yaml;
}

struct CostlyFile {
  const char* name;
  std::string yaml;
};

void PrintTo(const CostlyFile& file, std::ostream* out) {
  *out << file.name;
}

class Costly : public ::testing::TestWithParam<CostlyFile> {};

TEST_P(Costly, IsRefusedInReasonableTime) {
  ASSERT_LE(GetParam().yaml.size(), 1U << 20) << "else it is refused for its size";
  const std::clock_t start = std::clock();  // CPU time: other tests run at the same time
  EXPECT_FALSE(errors_of(GetParam().yaml).empty());
  // Linear work took at most 5.3 s, with sanitizers on two cores; a walk over all labels for each label took 49 s.
  EXPECT_LT(std::clock() - start, 20 * CLOCKS_PER_SEC);
}

INSTANTIATE_TEST_SUITE_P(
    YamlSyntax, Costly,
    ::testing::Values(CostlyFile{"BillionLaughs", billion_laughs()}, CostlyFile{"ManyLabels", many_labels()},
                      CostlyFile{"OpenLists", filled("", "[")}, CostlyFile{"OpenListsOnLines", filled("", "[\n")},
                      CostlyFile{"OpenMaps", filled("", "{")}, CostlyFile{"NestedItems", filled("", "- ")},
                      CostlyFile{"NestedKeys", filled("", "? ")}, CostlyFile{"NullsOnOneLine", filled("a: [", "~,")},
                      CostlyFile{"MissingValuesOnOneLine", filled("a: {", "b: ,")},
                      CostlyFile{"MissingValues", filled("", "a:\n")},
                      CostlyFile{"MissingItems", filled("a:\n", "-\n")}, CostlyFile{"Quotes", filled("", "\"")},
                      CostlyFile{"QuotedItems", filled("a: [", "'',")}, CostlyFile{"Documents", filled("", "---\n")},
                      CostlyFile{"Anchors", filled("", "&a ")}, CostlyFile{"OneWord", filled("", "a")},
                      CostlyFile{"SamePath", filled("mounts:\n", "- path: /a\n")}),
    [](const auto& file) { return std::string(file.param.name); });

}  // namespace
}  // namespace motoko::config
