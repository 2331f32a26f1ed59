#include "exporter/host/samba_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/base/file.h"
#include "tests/support/mounts.h"
#include "tests/support/pid_namespace.h"
#include "tests/support/smbd_daemon.h"
#include "tests/support/smbd_server.h"

namespace motoko::host {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseShares, TakesThePathsOfShares) {
  const auto shares = parse_shares(
      "Load smb config files from /etc/samba/smb.conf\nLoaded services file OK.\n\n# Global parameters\n[global]\n"
      "\tpath = /not/a/share\n\tworkgroup = HOME\n\n[time]\n\tcomment = a = b\n\tpath = /time\n\n[My Space]\n"
      "\tpath = /space/My Files\n\n[homes]\n\tcomment = Home\n\n[per user]\n\tpath = /home/%U\n[printers]\n"
      "\tpath = relative\n");
  EXPECT_THAT(shares, ElementsAre(Share{"time", "/time"}, Share{"My Space", "/space/My Files"}));
}

TEST(ConfigurationFile, IsTheOneOfTheCommandLine) {
  using namespace std::string_literals;
  EXPECT_EQ(configuration_file_of("smbd\0-D\0-s\0/etc/a.conf\0"s), "/etc/a.conf");
  EXPECT_EQ(configuration_file_of("smbd\0-s/etc/b.conf\0-F\0"s), "/etc/b.conf");
  EXPECT_EQ(configuration_file_of("smbd\0--configfile=/etc/c.conf\0"s), "/etc/c.conf");
  EXPECT_EQ(configuration_file_of("smbd\0--configfile\0/etc/d.conf\0"s), "/etc/d.conf");
  EXPECT_EQ(configuration_file_of("/usr/sbin/smbd\0--foreground\0--no-process-group\0"s), "");
  EXPECT_EQ(configuration_file_of(""), "");
}

TEST(ListShares, ListsWhatLiesOnTheGuardedPathsAndNamesWhatCannotBeListed) {
  if (const auto why = testing::missing_smbd()) GTEST_SKIP() << "NOT TESTED: listing shares (" << *why << ")";
  testing::in_pid_namespace([](const std::string& procfs) {
    testing::bind_mount(procfs, "/proc");  // for pgrep
    const testing::TempDir directory;
    const auto time = directory.make_directory("time");
    const auto timeless = directory.make_directory("timeless");
    const auto inner = directory.make_directory("time/inner");
    testing::SmbdDaemon smbd(
        {{"time", time}, {"inner", inner}, {"other", timeless}, {"gone", directory.path("time/gone")}});
    smbd.start();
    ShareQuery query{.procfs = procfs,
                     .smbd = std::stoi(testing::run_checked({{"pgrep", "-o", "-x", "smbd"}})),
                     .address = smbd.address(),
                     .paths = {time},
                     .deadline = seconds(20)};
    const auto listing = list_shares(query);
    EXPECT_EQ(listing.not_tried, "");
    EXPECT_THAT(listing.listed, ElementsAre("time", "inner"));
    EXPECT_THAT(listing.asks_for_user, ElementsAre());
    EXPECT_THAT(listing.failed, ElementsAre(HasSubstr("gone: NT_STATUS_")));

    smbd.stop();
    query.smbd = 999'999;
    EXPECT_THAT(list_shares(query).not_tried, HasSubstr("cmdline"));
  });
}

}  // namespace
}  // namespace motoko::host
