#include "exporter/observation/mount_table.h"

#include <gmock/gmock.h>

namespace motoko::observation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

MountLayer row(int id, int parent_id, const char* target, const char* fs_type = "ext4") {
  return {.id = id,
          .parent_id = parent_id,
          .device = {8, static_cast<unsigned>(id)},
          .root = "/",
          .target = target,
          .fs_type = fs_type,
          .source = "",
          .super_options = ""};
}

std::vector<int> ids(const MountStack& stack) {
  std::vector<int> ids;
  for (const auto& layer : stack) ids.push_back(layer.id);
  return ids;
}

TEST(StackAt, FindsASingleMount) {
  EXPECT_THAT(ids(stack_at({row(1, 0, "/"), row(2, 1, "/time")}, "/time")), ElementsAre(2));
}

TEST(StackAt, IsEmptyWhereOnlyAParentIsMounted) {
  EXPECT_THAT(stack_at({row(1, 0, "/"), row(2, 1, "/time")}, "/time/machine"), IsEmpty());
  EXPECT_THAT(stack_at({row(1, 0, "/"), row(2, 1, "/timeline")}, "/time"), IsEmpty());
}

TEST(StackAt, OrdersLayersByTheirParentsAndNotByTheTable) {
  const MountTable table = {row(1, 0, "/"), row(9, 5, "/time"), row(5, 2, "/time"), row(2, 1, "/time")};
  EXPECT_THAT(ids(stack_at(table, "/time")), ElementsAre(2, 5, 9));
}

TEST(StackAt, LeavesOutAMountHiddenUnderOneOnItsParentDirectory) {
  const MountTable table = {row(1, 0, "/"), row(2, 1, "/srv/time"), row(3, 1, "/srv")};
  EXPECT_THAT(stack_at(table, "/srv/time"), IsEmpty());
  const MountTable again = {row(1, 0, "/"), row(2, 1, "/srv/time"), row(3, 1, "/srv"), row(4, 3, "/srv/time")};
  EXPECT_THAT(ids(stack_at(again, "/srv/time")), ElementsAre(4));
}

TEST(StackAt, FollowsMountsOverTheRoot) {
  const MountTable table = {row(1, 0, "/"), row(2, 1, "/"), row(3, 2, "/time"), row(4, 1, "/time")};
  EXPECT_THAT(ids(stack_at(table, "/time")), ElementsAre(3));
}

TEST(StackAt, DoesNotCountAnAutomountTrigger) {
  const MountTable table = {row(1, 0, "/"), row(2, 1, "/time", "autofs"), row(3, 2, "/time")};
  EXPECT_THAT(ids(stack_at(table, "/time")), ElementsAre(3));
  EXPECT_THAT(stack_at({row(1, 0, "/"), row(2, 1, "/time", "autofs")}, "/time"), IsEmpty());
}

TEST(StackAt, TakesTableOrderWhereThereIsNoRoot) {
  const MountTable table = {row(7, 1, "/time"), row(8, 7, "/time")};
  EXPECT_THAT(ids(stack_at(table, "/time")), ElementsAre(7, 8));
}

TEST(StackAt, EndsOnATableThatIsNoTree) {
  const MountTable table = {row(1, 0, "/"), row(2, 3, "/time"), row(3, 2, "/time"), row(4, 1, "/time"),
                            row(4, 4, "/time")};
  EXPECT_FALSE(stack_at(table, "/time").empty());
}

}  // namespace
}  // namespace motoko::observation
