// Runs work that may block for ever on a dead disk in processes that can be given up. One job at a time for each key;
// a job past its deadline is reported, its process is killed and, where the kernel will not let it die, abandoned.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/sources/worker_zygote.h"

namespace motoko::sources {

/// What a job gave. `parts`: the messages that came, also those before a failure.
struct JobOutcome {
  std::vector<std::string> parts;
  std::optional<base::Error> error;  // timed_out: no end within the deadline; broken_pipe: the worker died
  base::Seconds duration{0};
};

struct DiskJob {
  std::string key;  // what it may get stuck on, "mount /time": at most one job, running or abandoned, has it
  std::string request;
  std::chrono::milliseconds deadline{0};
  std::function<void(JobOutcome)> done;  // called once, on the pool's thread; must not block
};

class DiskWorkers {
 public:
  explicit DiskWorkers(WorkerZygote zygote);
  ~DiskWorkers();  // prompt: jobs that still run are given up, `done` is not called for them
  DiskWorkers(const DiskWorkers&) = delete;
  DiskWorkers& operator=(const DiskWorkers&) = delete;

  /// Queues the job. False: another one with that key is queued, running or abandoned, and `done` is never called.
  bool submit(DiskJob job);

  /// Processes that were given up and still have not died.
  [[nodiscard]] std::size_t abandoned() const;

 private:
  struct Active {
    Worker worker;
    std::optional<DiskJob> job;      // none: idle
    std::vector<std::string> parts;  // those that had no room in the mailbox
    base::MonotonicTime started;
    bool abandoned = false;
    std::string key;  // held by this worker; empty while idle
  };
  struct Queued {
    DiskJob job;
    base::MonotonicTime since;
  };
  using Finished = std::vector<std::pair<DiskJob, JobOutcome>>;

  void run();
  void assign(Finished& finished);
  static void start(Active& active, DiskJob job);
  void set_alarm();
  void clear_alarm();
  void expire(Finished& finished);
  void receive(Active& active, Finished& finished);
  void finish(Active& active, std::optional<base::Error> error, Finished& finished);
  Active* idle_or_new_worker(base::MonotonicTime waiting_since, std::optional<base::Error>& error);
  [[nodiscard]] base::MonotonicTime when_to_fork() const;  // requires a queued job
  [[nodiscard]] int poll_timeout_ms() const;
  void wake() const;

  WorkerZygote zygote_;
  base::UniqueFd wakeup_;
  base::UniqueFd alarm_;      // for jobs that came while the thread waits: it costs no waking up where they end in time
  mutable std::mutex mutex_;  // everything below
  std::deque<Queued> queue_;
  std::list<Active> workers_;
  std::set<std::string> keys_;
  base::MonotonicTime alarm_at_ = base::MonotonicTime::max();  // max: not set
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace motoko::sources
