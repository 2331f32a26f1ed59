#include "exporter/web/big_stack.h"

#include <exception>

namespace motoko::web {

struct BigStack::Job {
  const std::function<void()>* work;
  std::exception_ptr thrown;
  bool done = false;
};

BigStack::BigStack() : thread_([this] { serve(); }) {}

BigStack::~BigStack() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  queued_.notify_one();
  thread_.join();
}

void BigStack::run(const std::function<void()>& work) {
  Job job{&work, nullptr, false};
  std::unique_lock lock(mutex_);
  jobs_.push_back(&job);
  queued_.notify_one();
  finished_.wait(lock, [&] { return job.done; });
  lock.unlock();
  if (job.thrown) std::rethrow_exception(job.thrown);
}

void BigStack::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    queued_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job& job = *jobs_.front();
    jobs_.pop_front();
    lock.unlock();
    try {
      (*job.work)();
    } catch (...) {
      job.thrown = std::current_exception();
    }
    lock.lock();
    job.done = true;
    finished_.notify_all();
  }
}

}  // namespace motoko::web
