#include "exporter/sources/worker_mailbox.h"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace motoko::sources {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class WorkerMailboxTest : public ::testing::Test {
 protected:
  base::UniqueFd memory_ = WorkerMailbox::make().value();
  WorkerMailbox ours_ = WorkerMailbox::map(memory_.get()).value();
  WorkerMailbox workers_ = WorkerMailbox::map(memory_.get()).value();
};

TEST_F(WorkerMailboxTest, GivesWhatTheOtherSidePutInOrder) {
  EXPECT_THAT(ours_.parts(), IsEmpty());
  EXPECT_TRUE(workers_.put("one"));
  EXPECT_TRUE(workers_.put(""));
  EXPECT_TRUE(workers_.put(std::string("t\0o", 3)));
  EXPECT_THAT(ours_.parts(), ElementsAre("one", "", std::string("t\0o", 3)));
  EXPECT_THAT(ours_.parts(), ElementsAre("one", "", std::string("t\0o", 3))) << "looking takes nothing away";
  ours_.clear();
  EXPECT_THAT(ours_.parts(), IsEmpty());
  EXPECT_TRUE(workers_.put("next"));
  EXPECT_THAT(ours_.parts(), ElementsAre("next"));
}

TEST_F(WorkerMailboxTest, AfterOnePartWithoutRoomNoneIsTakenSoThatTheOrderStays) {
  ASSERT_TRUE(workers_.put("first"));
  EXPECT_FALSE(workers_.put(std::string(1 << 20, 'x')));
  EXPECT_FALSE(workers_.put("small"));
  EXPECT_THAT(ours_.parts(), ElementsAre("first"));
  ours_.clear();
  EXPECT_TRUE(workers_.put("small"));
}

TEST_F(WorkerMailboxTest, MailboxThatCouldNotBeMappedHasNoRoom) {
  WorkerMailbox none;
  none.clear();
  EXPECT_FALSE(none.put("x"));
  EXPECT_THAT(none.parts(), IsEmpty());
}

TEST_F(WorkerMailboxTest, NonsenseInTheMemoryIsReadWithinItsBounds) {
  constexpr std::size_t kBytes = 4096;
  auto* const memory =
      static_cast<std::uint32_t*>(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0));
  ASSERT_NE(memory, MAP_FAILED);
  for (const std::uint32_t nonsense : {7U, 0x7fffffffU, 0xffffffffU}) {
    for (std::size_t i = 0; i < kBytes / sizeof nonsense; ++i) memory[i] = nonsense;
    for (const auto& part : ours_.parts()) EXPECT_LT(part.size(), std::size_t{1} << 20);
  }
  ::munmap(memory, kBytes);
}

TEST_F(WorkerMailboxTest, NeitherSideCanTakeTheMemoryFromTheOther) {
  EXPECT_NE(::ftruncate(memory_.get(), 0), 0);
  EXPECT_TRUE(workers_.put("still there"));
}

}  // namespace
}  // namespace motoko::sources
