// How often bare directories are looked at. That looking tells the truth is tested in tests/e2e/guard_test.cpp.
#include "exporter/sources/bare_directory.h"

#include <gmock/gmock.h>
#include <sys/mman.h>

#include <atomic>

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using base::Result;
using ::testing::ElementsAre;

/// Shared with the workers.
struct Asked {
  std::atomic<int> times = 0;
  bool permitted = true;
};

class BareDirectoriesTest : public ::testing::Test {
 protected:
  BareDirectoriesTest() {
    void* const shared = ::mmap(nullptr, sizeof(Asked), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
    asked_ = new (shared) Asked;
    const auto serve = [asked = asked_](std::string_view request, const std::function<void(std::string_view)>& emit) {
      ++asked->times;
      if (request.ends_with("hang")) {
        for (;;) ::pause();
      }
      emit(encode(asked->permitted ? Result<bool>(request.ends_with("/time")) : base::errno_error(EPERM, "open /")));
    };
    workers_.emplace(WorkerZygote::start(serve).value());
    bare_directories_.emplace(*workers_, 500ms);
  }
  ~BareDirectoriesTest() override { ::munmap(asked_, sizeof(Asked)); }

  std::vector<Result<bool>> guarded(const std::vector<std::string>& paths) {
    std::vector<observation::GuardedMount> mounts(paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) mounts[i].path = paths[i];
    return bare_directories_->guarded(mounts);
  }

  Asked* asked_ = nullptr;
  std::optional<DiskWorkers> workers_;
  std::optional<BareDirectories> bare_directories_;
};

TEST_F(BareDirectoriesTest, AreLookedAtOnceForManyObservations) {
  for (int i = 0; i < 50; ++i) EXPECT_THAT(guarded({"/time", "/space"}), ElementsAre(true, false));
  EXPECT_EQ(asked_->times, 2);
}

TEST_F(BareDirectoriesTest, AreUnknownWhereLookingIsNotPermitted) {
  asked_->permitted = false;
  for (int i = 0; i < 50; ++i) {
    const auto known = guarded({"/time"});
    ASSERT_FALSE(known.at(0));
    EXPECT_TRUE(known.at(0).error().is(std::errc::operation_not_permitted));
  }
  EXPECT_EQ(asked_->times, 1);
}

TEST_F(BareDirectoriesTest, OnADiskThatDoesNotAnswerAreUnknownAndTheOthersAreNot) {
  const auto start = std::chrono::steady_clock::now();
  const auto known = guarded({"/hang", "/time"});
  EXPECT_LT(std::chrono::steady_clock::now() - start, 3s);
  ASSERT_FALSE(known.at(0));
  EXPECT_TRUE(known.at(0).error().is(std::errc::timed_out));
  EXPECT_EQ(known.at(1), true);
}

}  // namespace
}  // namespace motoko::sources
