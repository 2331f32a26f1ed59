#include "exporter/web/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/base/text.h"
#include "exporter/web/finding_words.h"

namespace motoko::web {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr base::WallTime kNow{std::chrono::seconds(1795464900)};  // 2026-11-23 20:15 UTC

MountView healthy_mount(std::string path) {
  MountView mount;
  mount.path = std::move(path);
  mount.level = Level::ok;
  mount.device = "/dev/sdd1";
  mount.expected_device = "UUID=f54cf57c-e434-45f5-bde3-cc706ffbe849";
  mount.uuid = "f54cf57c-e434-45f5-bde3-cc706ffbe849";
  mount.fs_type = "ext4";
  mount.disk_model = "WDC WD200EDGZ-11BLDS0";
  mount.disk_serial = "STGVU4GW";
  mount.which_disk = "the one on the shelf";
  mount.layers = {{"/dev/sdd1", "rw,noatime", false, ""}};
  mount.space = SpaceView{1000, 400, 50};
  mount.probes = {{"read", true, "", base::Seconds(0.0083)}};
  mount.ext4 = Ext4View{0, 0, std::nullopt};
  mount.recent_kernel_errors = 0;
  return mount;
}

StatusPage healthy_page() {
  StatusPage page;
  page.level = Level::ok;
  page.host = "motoko";
  page.observed = kNow - 8s;
  page.now = kNow;
  page.version = "0.1.0";
  page.mounts = {healthy_mount("/time"), healthy_mount("/space")};
  page.samba = SambaView{Level::ok, true, true, "", {}};
  return page;
}

/// The incident: two dead layers under /time, and the disk is back as another device.
StatusPage incident_page() {
  auto page = healthy_page();
  page.level = Level::critical;
  auto& mount = page.mounts[0];
  mount.level = Level::critical;
  mount.time_machine = true;
  mount.findings = {{"kernel_errors", Level::warning, "37 messages"},
                    {"device_gone", Level::critical, "/dev/sdc1 is gone"},
                    {"stale_layer", Level::critical, "2 dead layers"}};
  mount.layers = {{"/dev/sdb1", "rw,shutdown", true, "its device is gone"},
                  {"/dev/sdc1", "rw,emergency_ro,shutdown", true, "its device is gone"}};
  mount.space.reset();
  mount.ext4 = Ext4View{2, 37, kNow - 40s};
  mount.probes = {{"read", false, "Input/output error", base::Seconds(0.0004)},
                  {"write", std::nullopt, "not asked for", {}}};
  page.backups = {{"/time", "Kei's Mac.sparsebundle", kNow - 26h, true, ""},
                  {"/time", "new.sparsebundle", std::nullopt, false, "none completed yet"}};
  page.kernel_events = {{kNow - 3min, "sdc1", "ext4_shutdown", 12, "EXT4-fs (sdc1): shut down requested (2)"}};
  page.collectors = {{"mounts", "", base::Seconds(0.001)},
                     {"kernel_log", "open /dev/kmsg: Operation not permitted", base::Seconds(0.002)}};
  return page;
}

std::size_t count_of(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST(StatusPage, SaysAtAGlanceThatAllIsWell) {
  const auto page = render(healthy_page());
  EXPECT_THAT(page, HasSubstr("<h1>All storage is healthy</h1>"));
  EXPECT_THAT(page, HasSubstr("2 of 2 mounts are healthy."));
  EXPECT_THAT(page, HasSubstr("<title>Healthy: motoko storage</title>"));
  EXPECT_THAT(page, HasSubstr("8s ago"));
  EXPECT_THAT(page, HasSubstr("2026-11-23 20:14:52 UTC"));
}

TEST(StatusPage, SaysWhatIsAtRiskInTheIncident) {
  const auto page = render(incident_page());
  EXPECT_THAT(page, HasSubstr("<h1>Your backups are at risk: /time</h1>"));
  EXPECT_THAT(page, HasSubstr("1 of 2 mounts are healthy."));
  EXPECT_THAT(page, HasSubstr("Mounted, but the device behind the mount is gone."));
}

TEST(StatusPage, BareDirectoryIsShownWhereItIsKnown) {
  auto page = healthy_page();
  EXPECT_THAT(render(page), Not(HasSubstr("Bare directory")));
  page.mounts[0].guarded = true;
  EXPECT_THAT(render(page), HasSubstr("<dt>Bare directory</dt><dd>guarded"));
  page.mounts[0].guarded = false;
  EXPECT_THAT(render(page), HasSubstr("<dt>Bare directory</dt><dd>not guarded"));
}

TEST(StatusPage, NamesOtherTroubleByItsPlace) {
  auto page = incident_page();
  page.mounts[0].time_machine = false;
  EXPECT_THAT(render(page), HasSubstr("<h1>Storage is failing: /time</h1>"));

  page = healthy_page();
  page.level = Level::critical;
  page.samba->level = Level::critical;
  EXPECT_THAT(render(page), HasSubstr("<h1>Samba is down: no client reaches the shares</h1>"));

  page = healthy_page();
  page.level = Level::warning;
  page.mounts[1].level = Level::warning;
  EXPECT_THAT(render(page), HasSubstr("<h1>Storage works, but needs a look: /space</h1>"));

  page.level = Level::unknown;
  EXPECT_THAT(render(page), HasSubstr("may or may not be healthy</h1>"));
}

TEST(StatusPage, ShowsEverySectionOfTheIncident) {
  const auto page = render(incident_page());
  for (const auto* part : {"<h3>/time</h3>",
                           "<h3>/space</h3>",
                           "/dev/sdc1 is gone",
                           "<code>device_gone</code>",
                           "/runbook#MotokoStorageMountFailed",
                           "Layers of the stack",
                           "rw,emergency_ro,shutdown",
                           "dead: its device is gone",
                           "UUID=f54cf57c",
                           "WDC WD200EDGZ-11BLDS0",
                           "serial STGVU4GW",
                           "the one on the shelf",
                           "failed</span> after 0.4 ms, Input/output error",
                           "write: not asked for",
                           "ext4: 2 errors since fsck, 37 warnings since mounting, the last error 40s ago",
                           "<h2>Samba</h2>",
                           "<h2>Time Machine backups</h2>",
                           "Kei&#39;s Mac.sparsebundle",
                           "1d 2h ago",
                           "overdue",
                           "none completed yet",
                           "<h2>What the kernel said lately</h2>",
                           "EXT4-fs (sdc1): shut down requested (2)",
                           "ext4_shutdown",
                           ">12<",
                           "<h2>What could not be read</h2>",
                           "open /dev/kmsg: Operation not permitted",
                           "Motoko 0.1.0",
                           "href=\"/metrics\"",
                           "href=\"/api/v1/health\"",
                           "href=\"/runbook\""})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_LT(page.find("/dev/sdc1 is gone"), page.find("37 messages")) << "the worst finding comes first";
  EXPECT_LT(page.find("<code>/dev/sdc1</code>"), page.find("<code>/dev/sdb1</code>"))
      << "the reachable layer comes first";
}

TEST(StatusPage, LeavesOutWhatThereIsNothingToSayAbout) {
  auto page = healthy_page();
  page.samba.reset();
  const auto text = render(page);
  for (const auto* part : {"<h2>Samba</h2>", "<h2>Time Machine backups</h2>", "<h2>What the kernel said",
                           "<h2>What could not", "Layers of the stack", "<h2>Also found</h2>", "class=\"findings\""})
    EXPECT_THAT(text, Not(HasSubstr(part)));
}

TEST(StatusPage, ShowsASingleDeadLayer) {
  auto page = healthy_page();
  page.mounts[0].layers[0].dead = true;
  EXPECT_THAT(render(page), HasSubstr("Layers of the stack"));
}

TEST(StatusPage, ShowsSpaceWithItsThreshold) {
  auto page = healthy_page();
  page.mounts = {healthy_mount("/time")};
  auto text = render(page);
  EXPECT_THAT(text, HasSubstr("style=\"width:60.00%\""));
  EXPECT_THAT(text, HasSubstr("style=\"left:95.00%\""));
  EXPECT_THAT(text, HasSubstr("aria-label=\"400 B of 1000 B free (40.0%), at least 50 B wanted\""));
  EXPECT_THAT(text, HasSubstr("<div class=\"space ok\">"));

  page.mounts[0].space = SpaceView{1000, 20, 5000};  // a threshold larger than the disk
  text = render(page);
  EXPECT_THAT(text, HasSubstr("style=\"left:0.00%\""));
  EXPECT_THAT(text, HasSubstr("<div class=\"space warning\">"));
}

TEST(StatusPage, TellsHowToGoOnWhereNothingIsWatched) {
  auto page = healthy_page();
  page.mounts.clear();
  page.config_file = "/etc/motoko/config.yml";
  const auto text = render(page);
  EXPECT_THAT(text, HasSubstr("<h1>Nothing is watched yet</h1>"));
  EXPECT_THAT(text, HasSubstr("/etc/fstab"));
  EXPECT_THAT(text, HasSubstr("<code>/etc/motoko/config.yml</code>"));
  EXPECT_THAT(text, HasSubstr("mounts:"));
  EXPECT_THAT(text, Not(HasSubstr("<h2>Mounts</h2>")));
}

TEST(StatusPage, DoesNotCallTroubleNothingWatched) {
  auto page = healthy_page();
  page.mounts.clear();
  page.level = Level::unknown;
  EXPECT_THAT(render(page), Not(HasSubstr("<h1>Nothing is watched yet</h1>")));
}

TEST(StatusPage, TellsEveryStateWithAWord) {
  for (const auto& [level, word] : {std::pair{Level::ok, "Healthy"},
                                    {Level::warning, "Warning"},
                                    {Level::critical, "Critical"},
                                    {Level::unknown, "Unknown"}}) {
    auto page = healthy_page();
    page.level = level;
    page.mounts[0].level = level;
    const auto text = render(page);
    EXPECT_THAT(text, HasSubstr("</span> " + std::string(word) + "</span>")) << "the badge";
    EXPECT_THAT(text, HasSubstr("<p class=\"kind\">" + std::string(word))) << "the banner";
  }
}

TEST(StatusPage, HasASentenceForEveryFinding) {
  for (const auto& words : kFindingWords) {
    auto page = healthy_page();
    page.mounts[0].findings = {{std::string(words.code), Level::warning, "detail"}};
    EXPECT_THAT(render(page), HasSubstr(std::string(words.sentence))) << words.code;
  }
}

TEST(StatusPage, KeepsWhatItCannotExplain) {
  auto page = healthy_page();
  page.other_findings = {{"of_a_later_version", Level::warning, "something new"}};
  const auto text = render(page);
  EXPECT_THAT(text, HasSubstr("something new"));
  EXPECT_THAT(text, HasSubstr("<a href=\"/runbook\">What to do</a>"));
}

TEST(StatusPage, ShowsTheNewestFiftyKernelEvents) {
  auto page = healthy_page();
  for (int i = 0; i < 80; ++i)
    page.kernel_events.push_back(
        {kNow - std::chrono::seconds(i), "sda", "io_error", 1, "line-" + std::to_string(i) + "-end"});
  const auto text = render(page);
  EXPECT_THAT(text, HasSubstr("line-49-end"));
  EXPECT_THAT(text, Not(HasSubstr("line-50-end")));
}

/// Every text of the model is hostile: markup, quotes, control characters, no UTF-8, very long.
StatusPage hostile_page() {
  const std::string evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\xff\xfe\xc3\x1b[0m\xe2\x80\xae" +
                           std::string(2000, 'W');
  auto page = incident_page();
  page.host = page.version = page.config_file = evil;
  page.metrics_path = "/" + evil;
  for (auto& mount : page.mounts) {
    mount.path = mount.device = mount.expected_device = mount.uuid = mount.fs_type = evil;
    mount.disk_model = mount.disk_serial = mount.which_disk = evil;
    mount.layers = {{evil, evil, true, evil}, {evil, evil, false, evil}};
    mount.findings = {{evil, Level::critical, evil}};
    mount.probes = {{evil, false, evil, base::Seconds(1)}, {evil, std::nullopt, evil, std::nullopt}};
  }
  page.samba = SambaView{Level::critical, std::nullopt, false, evil, {{evil, Level::critical, evil}}};
  page.other_findings = {{evil, Level::unknown, evil}};
  page.backups = {{evil, evil, kNow, false, evil}, {evil, evil, std::nullopt, true, evil}};
  page.kernel_events = {{kNow, evil, evil, 1, evil}};
  page.collectors = {{evil, evil, base::Seconds(1)}};
  return page;
}

TEST(StatusPage, EscapesWhatDisksAndKernelsSay) {
  auto empty = hostile_page();
  empty.mounts.clear();
  for (const auto& text : {render(hostile_page()), render(empty)}) {
    EXPECT_EQ(count_of(text, "<script"), 0U);
    EXPECT_EQ(count_of(text, "<img"), 0U);
    EXPECT_EQ(count_of(text, "\"'>"), 0U);
    EXPECT_EQ(count_of(text, "\x1b"), 0U);
    EXPECT_EQ(count_of(text, "\xe2\x80\xae"), 0U);
    EXPECT_TRUE(base::valid_utf8(text) == text);
  }
}

TEST(StatusPage, HasNoScriptAndNothingFromElsewhere) {
  for (const auto& page : {healthy_page(), incident_page()}) {
    const auto text = render(page);
    EXPECT_THAT(text, Not(HasSubstr("<script")));
    EXPECT_THAT(text, Not(HasSubstr("javascript:")));
    EXPECT_EQ(count_of(text, "http://"), 1U) << "the name space of the icon";
    EXPECT_EQ(count_of(text, "https://"), 0U);
    EXPECT_THAT(text, Not(HasSubstr("@import")));
    EXPECT_THAT(text, Not(HasSubstr("url(")));
    EXPECT_THAT(text, HasSubstr("<html lang=\"en\">"));
    EXPECT_THAT(text, HasSubstr("http-equiv=\"refresh\" content=\"15\""));
    EXPECT_THAT(text, HasSubstr("name=\"viewport\""));
  }
}

TEST(StatusPage, ClosesWhatItOpens) {
  for (const auto& page : {healthy_page(), incident_page(), hostile_page()}) {
    const auto text = render(page);
    for (const auto* name :
         {"div", "section", "p", "ul", "ol", "li", "dl", "dd", "table", "tr", "td", "span", "a", "code"}) {
      const std::string tag = name;
      EXPECT_EQ(count_of(text, "<" + tag + ">") + count_of(text, "<" + tag + " "), count_of(text, "</" + tag + ">"))
          << tag;
    }
  }
}

}  // namespace
}  // namespace motoko::web
