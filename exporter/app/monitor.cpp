#include "exporter/app/monitor.h"

#include <exception>
#include <utility>

#include "exporter/base/logging.h"

namespace motoko::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kReaderPatience{250};
constexpr seconds kFirstPicture{5};

base::MonotonicTime now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Monitor::Monitor() : thread_([this] { run(); }) {}

Monitor::~Monitor() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_all();
  thread_.join();
}

void Monitor::notify() {
  {
    const std::lock_guard lock(mutex_);
    event_ = true;
  }
  wanted_.notify_all();
}

void Monitor::device_changed(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    changed_devices_.push_back(name);
    event_ = true;
  }
  wanted_.notify_all();
}

void Monitor::replace_eyes(std::unique_ptr<Eyes> eyes) {
  {
    const std::lock_guard lock(mutex_);
    next_eyes_ = std::move(eyes);
    reader_waits_ = true;
  }
  wanted_.notify_all();
}

std::shared_ptr<const Snapshot> Monitor::snapshot() {
  std::unique_lock lock(mutex_);
  if (snapshot_ && !event_ && schedule_.is_fresh(now())) return snapshot_;
  const auto patience = snapshot_ ? milliseconds(kReaderPatience) : milliseconds(kFirstPicture);
  const auto old = snapshot_;
  reader_waits_ = true;
  wanted_.notify_all();
  published_.wait_for(lock, patience, [&] { return snapshot_ != old || stopping_; });
  return snapshot_;
}

base::MonotonicTime Monitor::next_due() const {
  return schedule_.next_due({.event = event_, .reader = reader_waits_});
}

bool Monitor::due(base::MonotonicTime time) const {
  return stopping_ || time >= next_due();
}

/// Once when a source starts to fail, once when it works again: not with each observation.
void Monitor::log_changes(const observation::Observation& observation) {
  for (const auto& run : observation.collectors) {
    const std::string error = run.error ? run.error->message() : "";
    std::string& known = failing_[run.name];
    if (error == known) continue;
    if (error.empty())
      base::log_info("a source can be read again", {{"collector", run.name}});
    else
      base::log_warn("a source cannot be read; what depends on it is unknown",
                     {{"collector", run.name}, {"error", error}});
    known = error;
  }
}

void Monitor::run() {
  std::unique_lock lock(mutex_);
  wanted_.wait(lock, [&] { return next_eyes_ || stopping_; });
  while (!stopping_) {
    while (!due(now())) wanted_.wait_until(lock, next_due());
    if (stopping_) return;
    event_ = false;
    reader_waits_ = false;
    if (next_eyes_) {
      auto old_eyes = std::exchange(eyes_, std::move(next_eyes_));
      lock.unlock();
      old_eyes.reset();  // may wait for threads of its own
      lock.lock();
    }
    const auto changed = std::exchange(changed_devices_, {});
    lock.unlock();

    const auto started = now();
    std::shared_ptr<const Snapshot> picture;
    try {
      for (const auto& name : changed) eyes_->device_changed(name);
      auto observation = eyes_->observe();
      log_changes(observation);
      auto verdict = health::evaluate(observation);
      picture = std::make_shared<const Snapshot>(Snapshot{std::move(observation), std::move(verdict)});
    } catch (const std::exception& error) {
      base::log_error("cannot observe the host", {{"error", error.what()}});
    }

    lock.lock();
    const auto finished = now();
    schedule_.observed(finished, finished - started);
    if (picture) snapshot_ = std::move(picture);
    published_.notify_all();
  }
}

}  // namespace motoko::app
