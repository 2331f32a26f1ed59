#include "exporter/host/samba_unit.h"

#include <gtest/gtest.h>

namespace motoko::host {
namespace {

UnitState unit(const std::string& id, const std::string& load_state, const std::string& active_state = "inactive",
               const std::string& unit_file_state = "disabled") {
  return {.id = id,
          .load_state = load_state,
          .active_state = active_state,
          .sub_state = "",
          .result = "",
          .unit_file_state = unit_file_state,
          .fragment_path = "",
          .source_path = ""};
}

std::string chosen(const std::vector<UnitState>& candidates) {
  const auto name = choose_samba_unit(candidates);
  return name ? *name : "none: " + name.error().message();
}

TEST(SambaUnit, IsTheOneThatExistsAlsoWhereItIsStopped) {
  EXPECT_EQ(chosen({unit("smbd.service", "loaded"), unit("smb.service", "not-found")}), "smbd.service");
  EXPECT_EQ(chosen({unit("smbd.service", "not-found"), unit("smb.service", "loaded", "failed")}), "smb.service");
}

TEST(SambaUnit, IsNamedByItsOwnNameWhereTheOtherIsAnAlias) {
  EXPECT_EQ(chosen({unit("smb.service", "loaded"), unit("smb.service", "loaded")}), "smb.service");
}

TEST(SambaUnit, IsTheOneThatRunsOfTwo) {
  EXPECT_EQ(chosen({unit("smbd.service", "loaded", "failed", "enabled"), unit("smb.service", "loaded", "active")}),
            "smb.service");
}

TEST(SambaUnit, IsTheOneThatIsEnabledOfTwoThatAreStopped) {
  EXPECT_EQ(chosen({unit("smbd.service", "loaded", "inactive", "enabled"), unit("smb.service", "loaded", "failed")}),
            "smbd.service");
}

TEST(SambaUnit, IsNotGuessed) {
  EXPECT_NE(
      chosen({unit("smbd.service", "loaded"), unit("smb.service", "loaded")}).find("name the right one as samba.unit"),
      std::string::npos);
}

TEST(SambaUnit, SaysWhatToDoWhereThereIsNone) {
  const auto none = choose_samba_unit({unit("smbd.service", "not-found"), unit("smb.service", "not-found")});
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().is(std::errc::no_such_file_or_directory));
  EXPECT_NE(none.error().message().find("samba.unit"), std::string::npos);
  EXPECT_NE(chosen({unit("smbd.service", "masked"), unit("smb.service", "not-found")}).find("systemctl unmask"),
            std::string::npos);
}

}  // namespace
}  // namespace motoko::host
