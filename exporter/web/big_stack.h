// One thread with a normal stack, for work that does not fit into civetweb's 100 KB.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace motoko::web {

class BigStack {
 public:
  BigStack();
  /// Finishes what is queued.
  ~BigStack();
  BigStack(const BigStack&) = delete;
  BigStack& operator=(const BigStack&) = delete;

  /// Runs `work` on the thread, one at a time in the order of the calls, and waits for it. What it throws is thrown
  /// here. Callable from every thread but its own.
  void run(const std::function<void()>& work);

 private:
  struct Job;
  void serve();

  std::mutex mutex_;
  std::condition_variable queued_;
  std::condition_variable finished_;
  std::deque<Job*> jobs_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace motoko::web
