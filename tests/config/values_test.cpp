// Paths, units, addresses and the nearest spelling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/config/error_list.h"
#include "exporter/config/nearest.h"
#include "exporter/config/paths.h"
#include "exporter/config/samba_values.h"

namespace motoko::config {
namespace {

using namespace std::string_view_literals;
using ::testing::HasSubstr;

TEST(ParseMountPath, GivesTheFormThatMountinfoPrints) {
  EXPECT_EQ(parse_mount_path("/time"), "/time");
  EXPECT_EQ(parse_mount_path("/time/"), "/time");
  EXPECT_EQ(parse_mount_path("//srv///time//"), "/srv/time");
  EXPECT_EQ(parse_mount_path("/./srv/./time/."), "/srv/time");
  EXPECT_EQ(parse_mount_path("/with space/..."), "/with space/...");
  EXPECT_EQ(parse_mount_path("/.hidden/a..b"), "/.hidden/a..b");
}

TEST(ParseMountPath, RefusesTheRootHoweverItIsSpelled) {
  for (const auto* text : {"/", "//", "/.", "/././", "///"})
    EXPECT_THAT(parse_mount_path(text).error(), HasSubstr("\"/\" cannot be guarded")) << text;
}

TEST(ParseMountPath, RefusesToGoUp) {
  for (const auto* text : {"/..", "/../time", "/a/../b", "/a/.."})
    EXPECT_THAT(parse_mount_path(text).error(), HasSubstr("contains \"..\"")) << text;
}

TEST(ParseMountPath, RefusesWhatIsNoAbsolutePath) {
  EXPECT_THAT(parse_mount_path("").error(), HasSubstr("is empty"));
  for (const auto* text : {"time", "./time", "~/time", " /time"})
    EXPECT_THAT(parse_mount_path(text).error(), HasSubstr("is not an absolute path")) << text;
  for (const auto text : {"/a\nb"sv, "/a\0b"sv, "/a\x7f"sv, "/time\n"sv})
    EXPECT_THAT(parse_mount_path(text).error(), HasSubstr("control characters")) << text;
}

TEST(ParseAbsolutePath, KeepsThePathAsItWasWritten) {
  EXPECT_EQ(parse_absolute_path("/etc/../etc//fstab"), "/etc/../etc//fstab");
  EXPECT_THAT(parse_absolute_path("etc/fstab").error(), HasSubstr("begins with /"));
}

TEST(ParseServiceUnit, TakesAutoAndServiceNames) {
  for (const auto* text : {"auto", "smb.service", "smbd.service", "samba@nas-1.service", "a:b_c.d\\x2d.service"})
    EXPECT_EQ(parse_service_unit(text), text);
}

TEST(ParseServiceUnit, NamesTheUnitThatABareNameMeans) {
  EXPECT_THAT(parse_service_unit("smb").error(), HasSubstr("write smb.service"));
  EXPECT_THAT(parse_service_unit("Auto").error(), HasSubstr("or auto"));
}

TEST(ParseServiceUnit, RefusesWhatIsNoServiceUnit) {
  for (const auto* text : {"smb.socket", ".service", "smb.service.d", "smb.services"})
    EXPECT_THAT(parse_service_unit(text).error(), HasSubstr("ends in .service")) << text;
  for (const auto* text : {"smb service", "/etc/smb.service", "smb;reboot.service", "sm\nb.service"})
    EXPECT_THAT(parse_service_unit(text).error(), HasSubstr("is no name of a systemd unit")) << text;
  EXPECT_FALSE(parse_service_unit(""));
  EXPECT_TRUE(parse_service_unit(std::string(247, 'a') + ".service"));
  EXPECT_FALSE(parse_service_unit(std::string(248, 'a') + ".service")) << "systemd's limit is 255 characters";
}

TEST(ParseHostPort, TakesAddressesAndNamesWithAPort) {
  for (const auto* text : {"127.0.0.1:445", "localhost:1", "file-server.example.org:65535", "nas_1:139", "[::1]:445",
                           "[2001:db8::1]:445", "3com.example:445"})
    EXPECT_EQ(parse_host_port(text), text);
}

TEST(ParseHostPort, SaysWhatIsMissing) {
  for (const auto* text : {"", "localhost", "127.0.0.1", "[::1]"})
    EXPECT_THAT(parse_host_port(text).error(), HasSubstr("has no port")) << text;
  for (const auto* text : {"::1:445", "2001:db8::1:445"})
    EXPECT_THAT(parse_host_port(text).error(), HasSubstr("an IPv6 address needs brackets")) << text;
}

TEST(ParseHostPort, RefusesPortsThatAreNone) {
  for (const auto* text : {"localhost:", "localhost:0", "localhost:65536", "localhost:smb", "localhost:-1",
                           "localhost:+1", "localhost:445x", "localhost: 445", "localhost:99999999999"})
    EXPECT_THAT(parse_host_port(text).error(), HasSubstr("a number from 1 to 65535")) << text;
}

TEST(ParseHostPort, RefusesHostsThatAreNone) {
  for (const auto* text :
       {":445", "127.0.0.300:445", "127.0.1:445", "1:445", "[]:445", "[127.0.0.1]:445", "[::g]:445", "[::1:445",
        "-host:445", "host-:445", "a..b:445", ".a:445", "a.:445", "ho st:445", "ho/st:445"})
    EXPECT_THAT(parse_host_port(text).error(), HasSubstr("no valid host name or address")) << text;
  EXPECT_FALSE(parse_host_port(std::string(64, 'a') + ":445"));
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> known = {"enabled", "unit", "address", "control", "min_available"};
  EXPECT_EQ(nearest("enable", known), "enabled");
  EXPECT_EQ(nearest("adress", known), "address");
  EXPECT_EQ(nearest("UNIT", known), "unit");
  EXPECT_EQ(nearest("min-available", known), "min_available");
  EXPECT_EQ(nearest("minAvailable", known), "min_available");
}

TEST(Nearest, FindsNothingWhereNothingIsNear) {
  const std::vector<std::string_view> known = {"on", "off", "enabled"};
  for (const auto* word : {"", "x", "colour", "webhook"}) EXPECT_EQ(nearest(word, known), std::nullopt) << word;
  EXPECT_EQ(nearest(std::string(100'000, 'e'), known), std::nullopt);
  EXPECT_EQ(nearest("enabled", {}), std::nullopt);
}

TEST(InQuotes, KeepsAMessageOnOneShortLine) {
  EXPECT_EQ(in_quotes("a\nb\x1b[31m"), R"("a\nb\u001b[31m")");
  EXPECT_EQ(in_quotes(std::string(60, 'x')), "\"" + std::string(60, 'x') + "\"");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')), "\"" + std::string(60, 'x') + "...\"");
  EXPECT_EQ(in_quotes(std::string(59, 'x') + "\xe2\x82\xac"), "\"" + std::string(59, 'x') + "...\"")
      << "no half euro sign";
}

}  // namespace
}  // namespace motoko::config
