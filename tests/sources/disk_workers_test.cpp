#include "exporter/sources/disk_workers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace motoko::sources {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// What a worker does here is named by the request.
void serve(std::string_view request, const std::function<void(std::string_view)>& emit) {
  if (request == "pid") emit(std::to_string(::getpid()));
  if (request == "two parts") {
    emit("one");
    emit("two");
  }
  if (request == "much") {
    emit("first");
    emit(std::string(100'000, 'x'));
    emit("last");
  }
  if (request == "hang") {
    emit("before");
    for (;;) ::pause();
  }
  if (request == "crash") ::raise(SIGSEGV);
  if (request == "throw") throw std::runtime_error("no");
  if (request == "descriptors") {
    int open = 0;
    for (int fd = 3; fd < 256; ++fd)
      if (::fcntl(fd, F_GETFD) >= 0) ++open;
    emit(std::to_string(open));
  }
}

class DiskWorkersTest : public ::testing::Test {
 protected:
  // Before any thread of the test.
  DiskWorkersTest() : workers_(WorkerZygote::start(serve).value()) {}

  JobOutcome run(const std::string& key, const std::string& request, std::chrono::milliseconds deadline = 5s) {
    std::promise<JobOutcome> promise;
    const bool queued =
        workers_.submit({.key = key, .request = request, .deadline = deadline, .done = [&](JobOutcome outcome) {
                           promise.set_value(std::move(outcome));
                         }});
    EXPECT_TRUE(queued);
    return queued ? promise.get_future().get() : JobOutcome{};
  }

  DiskWorkers workers_;
};

TEST_F(DiskWorkersTest, GivesThePartsInOrder) {
  const auto outcome = run("a", "two parts");
  EXPECT_THAT(outcome.parts, ElementsAre("one", "two"));
  EXPECT_FALSE(outcome.error);
}

TEST_F(DiskWorkersTest, GivesThePartsInOrderThoughTheyAreMany) {
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(run("a", "much").parts, ElementsAre("first", std::string(100'000, 'x'), "last"));
  EXPECT_THAT(run("a", "two parts").parts, ElementsAre("one", "two")) << "nothing is left of the job before";
}

TEST_F(DiskWorkersTest, JobsThatComeWhileAProcessIsBusyAndThenHangsAreAllServed) {
  EXPECT_FALSE(run("a", "pid").error);  // there is a process, and the pool sleeps
  std::promise<JobOutcome> hung;
  ASSERT_TRUE(workers_.submit({.key = "a", .request = "hang", .deadline = 300ms, .done = [&](JobOutcome outcome) {
                                 hung.set_value(outcome);
                               }}));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(run("b", "pid").error);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 200ms) << "another process was forked for it";
  EXPECT_TRUE(hung.get_future().get().error->is(std::errc::timed_out));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

TEST_F(DiskWorkersTest, OneProcessServesOneJobAfterAnother) {
  EXPECT_EQ(run("a", "pid").parts, run("b", "pid").parts);
  EXPECT_NE(run("a", "pid").parts.at(0), std::to_string(::getpid()));
}

TEST_F(DiskWorkersTest, JobThatHangsIsReportedAtItsDeadlineWithWhatCameBefore) {
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = run("a", "hang", 100ms);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  ASSERT_TRUE(outcome.error);
  EXPECT_TRUE(outcome.error->is(std::errc::timed_out));
  EXPECT_THAT(outcome.parts, ElementsAre("before"));
}

TEST_F(DiskWorkersTest, OthersAreServedWhileOneHangs) {
  std::promise<void> hung;
  ASSERT_TRUE(
      workers_.submit({.key = "a", .request = "hang", .deadline = 10s, .done = [&](JobOutcome) { hung.set_value(); }}));
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(run("b", "pid").error);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

TEST_F(DiskWorkersTest, KeyIsTakenWhileItsJobRunsAndFreeWhenItsProcessDied) {
  std::promise<void> hung;
  ASSERT_TRUE(workers_.submit(
      {.key = "a", .request = "hang", .deadline = 200ms, .done = [&](JobOutcome) { hung.set_value(); }}));
  EXPECT_FALSE(workers_.submit({.key = "a", .request = "pid", .deadline = 1s, .done = [](JobOutcome) { FAIL(); }}));
  hung.get_future().get();
  for (int i = 0; i < 200 && workers_.abandoned() > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(workers_.abandoned(), 0U);
  EXPECT_FALSE(run("a", "pid").error);
}

TEST_F(DiskWorkersTest, WorkerThatCrashesOrThrowsFailsOnlyItsJob) {
  for (const char* request : {"crash", "throw"}) {
    const auto outcome = run("a", request);
    ASSERT_TRUE(outcome.error) << request;
    EXPECT_TRUE(outcome.error->is(std::errc::broken_pipe)) << request;
    EXPECT_FALSE(run("a", "pid").error) << request;
  }
}

TEST_F(DiskWorkersTest, WorkersHoldNothingOfTheProgramButTheirChannel) {
  EXPECT_THAT(run("a", "descriptors").parts, ElementsAre("1"));
}

TEST(DiskWorkers, EndPromptlyWithJobsUnderWay) {
  std::atomic<bool> called = false;
  const auto start = std::chrono::steady_clock::now();
  {
    DiskWorkers workers(WorkerZygote::start(serve).value());
    ASSERT_TRUE(
        workers.submit({.key = "a", .request = "hang", .deadline = 1min, .done = [&](JobOutcome) { called = true; }}));
    std::this_thread::sleep_for(50ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  EXPECT_FALSE(called);
}

TEST(DiskWorkers, ManyJobsAreAllAnswered) {
  DiskWorkers workers(WorkerZygote::start(serve).value());
  std::atomic<int> answered = 0;
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(
        workers.submit({.key = std::to_string(i), .request = "pid", .deadline = 30s, .done = [&](JobOutcome outcome) {
                          answered += outcome.error ? 0 : 1;
                        }}));
  for (int i = 0; i < 1000 && answered < 1000; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(answered, 1000);
}

}  // namespace
}  // namespace motoko::sources
