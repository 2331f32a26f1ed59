#include "exporter/app/schedule.h"

#include <algorithm>

namespace motoko::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Duration = std::chrono::steady_clock::duration;

/// Without events and readers. A disk that hangs says nothing: only the next picture finds it, and the one after that
/// shows it, so this bounds how much later than a scrape that is.
constexpr Duration kPeriod = seconds(10);
/// With very many mounts, observing must not become the host's main work: at most one part in this many of the time.
constexpr int kShareOfTime = 200;
constexpr int kShareOfTimeInABurst = 10;
/// A reader gets nothing older where a new picture can be had at once.
constexpr Duration kFresh = seconds(1);
/// Readers in a row, while events go on, share an observation.
constexpr Duration kBetweenReaders = milliseconds(20);
/// A burst of events gives one observation.
constexpr Duration kBetweenEvents = milliseconds(250);

}  // namespace

void Schedule::observed(base::MonotonicTime at, Duration took) {
  observed_at_ = at;
  period_ = std::max(kPeriod, took * kShareOfTime);
  after_event_ = std::max(kBetweenEvents, took * kShareOfTimeInABurst);
}

base::MonotonicTime Schedule::next_due(Wishes wishes) const {
  if (period_ == Duration(0)) return observed_at_;
  if (wishes.reader) return observed_at_ + kBetweenReaders;
  return observed_at_ + (wishes.event ? after_event_ : period_);
}

bool Schedule::is_fresh(base::MonotonicTime now) const {
  return now - observed_at_ < kFresh;
}

}  // namespace motoko::app
