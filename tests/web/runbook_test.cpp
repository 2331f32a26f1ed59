#include "exporter/web/runbook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/web/finding_words.h"
#include "exporter/web/runbook_sections.h"

namespace motoko::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The alerts that rules/motoko.yml defines.
constexpr std::array kAlerts = {"MotokoStorageMountFailed",
                                "MotokoStorageSpaceLow",
                                "MotokoSambaDown",
                                "MotokoStorageDeviceMissing",
                                "MotokoStorageDuplicateMounts",
                                "MotokoStorageReadOnly",
                                "MotokoStorageUnresponsive",
                                "MotokoStorageErrors",
                                "MotokoStorageSpaceFilling",
                                "MotokoStorageShadowWrites",
                                "MotokoTimeMachineBackupOverdue",
                                "MotokoRemediationFailed",
                                "MotokoRemediationCircuitOpen",
                                "MotokoExporterDown",
                                "MotokoRemediatorDown"};

// The finding codes of `motokoctl check`.
constexpr std::array kCodes = {
    "not_mounted",         "device_missing",   "device_ambiguous", "wrong_device",  "device_gone", "shutdown",
    "emergency_ro",        "read_only",        "io_error",         "unresponsive",  "stacked",     "stale_layer",
    "detached_superblock", "shadowed_entries", "space_low",        "kernel_errors", "smbd_down",   "backup_overdue"};

TEST(Runbook, HasASectionForEveryAlert) {
  const auto page = runbook_page();
  for (const std::string alert : kAlerts) {
    EXPECT_THAT(page, HasSubstr("id=\"" + alert + "\"")) << alert;
    EXPECT_THAT(page, HasSubstr("<a href=\"#" + alert + "\">")) << alert;
  }
  EXPECT_EQ(storage_sections().size() + service_sections().size(), kAlerts.size());
}

TEST(Runbook, SaysInEverySectionWhatToLookAtDoAndNeverDo) {
  for (const auto part : {storage_sections(), service_sections()})
    for (const auto& section : part) {
      EXPECT_THAT(std::string(section.look.text()), HasSubstr("<pre><code>")) << section.alert;
      EXPECT_GT(section.cure.text().size(), 100U) << section.alert;
      EXPECT_TRUE(section.never.text().starts_with("<li>")) << section.alert;
      EXPECT_TRUE(section.headline.ends_with(".")) << section.alert;
    }
}

TEST(Runbook, ExplainsEveryFindingCodeInASectionThatExists) {
  const auto page = runbook_page();
  for (const auto* code : kCodes) {
    const std::string anchor(runbook_anchor_for(code));
    ASSERT_FALSE(anchor.empty()) << code;
    EXPECT_THAT(page, HasSubstr("id=\"" + anchor + "\"")) << code;
  }
  EXPECT_EQ(kFindingWords.size(), kCodes.size());
  EXPECT_EQ(runbook_anchor_for("no_such_code"), "");
}

TEST(Runbook, LinksOnlyToSectionsThatExist) {
  const auto page = runbook_page();
  for (auto at = page.find("href=\"#"); at != std::string::npos; at = page.find("href=\"#", at + 1)) {
    const auto anchor = page.substr(at + 7, page.find('"', at + 7) - at - 7);
    EXPECT_THAT(page, HasSubstr("id=\"" + anchor + "\"")) << anchor;
  }
}

TEST(Runbook, CuresTheIncidentInTheRightOrder) {
  std::string cure;
  for (const auto& section : storage_sections())
    if (section.alert == "MotokoStorageMountFailed") cure = section.cure.text();
  std::size_t last = 0;
  for (const auto* step : {"systemctl stop \"$S\"", "umount -l \"$M\"", "/sys/fs/ext4/", "e2fsck -p",
                           "mount \"$M\" &amp;&amp;", "systemctl start \"$S\"", "motokoctl check</code>"}) {
    const auto at = cure.find(step);
    ASSERT_NE(at, std::string::npos) << step;
    EXPECT_GT(at, last) << step;
    last = at;
  }
}

TEST(Runbook, HasNoScriptAndDoesNotReload) {
  const auto page = runbook_page();
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
}

}  // namespace
}  // namespace motoko::web
