#include "exporter/app/schedule.h"

#include <gtest/gtest.h>

namespace motoko::app {
namespace {

using namespace std::chrono_literals;

constexpr base::MonotonicTime kStart{1000s};

Schedule observed_quickly() {
  Schedule schedule;
  schedule.observed(kStart, 2ms);
  return schedule;
}

TEST(Schedule, TheFirstPictureIsDueAtOnce) {
  EXPECT_EQ(Schedule().next_due({}), base::MonotonicTime{});
}

TEST(Schedule, HostThatNobodyAsksAboutIsObservedWithinAMinute) {
  EXPECT_LE(observed_quickly().next_due({}), kStart + 60s);
}

// A hung disk says nothing: the clock's picture bounds how much later than a scrape it is found.
TEST(Schedule, TheClockTakesAPictureBetweenScrapesThatAreFarApart) {
  EXPECT_GT(observed_quickly().next_due({}), kStart + 5s);
  EXPECT_LT(observed_quickly().next_due({}), kStart + 15s);
}

TEST(Schedule, ReaderGetsANewPictureAtOnceAndNoneOlderThanASecond) {
  const auto schedule = observed_quickly();
  EXPECT_LE(schedule.next_due({.reader = true}), kStart + 20ms);
  EXPECT_TRUE(schedule.is_fresh(kStart + 900ms));
  EXPECT_FALSE(schedule.is_fresh(kStart + 1s));
}

TEST(Schedule, EventIsSeenAtOnceAndABurstGivesFewPictures) {
  const auto due = observed_quickly().next_due({.event = true});
  EXPECT_GE(due, kStart + 100ms);
  EXPECT_LE(due, kStart + 250ms);
}

TEST(Schedule, ReaderIsServedAtOnceInTheMiddleOfABurst) {
  EXPECT_LE(observed_quickly().next_due({.event = true, .reader = true}), kStart + 20ms);
}

TEST(Schedule, CostlyPicturesAreTakenRarelyUnlessSomebodyWaits) {
  Schedule schedule;
  schedule.observed(kStart, 1s);
  EXPECT_GE(schedule.next_due({}), kStart + 100s);
  EXPECT_GE(schedule.next_due({.event = true}), kStart + 5s);
  EXPECT_LE(schedule.next_due({.reader = true}), kStart + 20ms);
}

}  // namespace
}  // namespace motoko::app
