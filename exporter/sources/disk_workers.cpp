#include "exporter/sources/disk_workers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <memory>

namespace motoko::sources {
namespace {

using base::MonotonicTime;
using std::chrono::milliseconds;

/// One process serves all disks while they answer; more are forked only when a job has waited this long,
constexpr milliseconds kPatience{20};
/// and no process is about to be free: each has been at its job for this long.
constexpr milliseconds kSlowJob{5};
constexpr std::size_t kMaxBusyWorkers = 8;  // not counting abandoned ones

MonotonicTime now() {
  return std::chrono::steady_clock::now();
}

int milliseconds_until(MonotonicTime time) {
  const auto left = std::chrono::ceil<milliseconds>(time - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

}  // namespace

DiskWorkers::DiskWorkers(WorkerZygote zygote)
    : zygote_(std::move(zygote)),
      wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      alarm_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      thread_([this] { run(); }) {}

DiskWorkers::~DiskWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
  for (const auto& active : workers_)
    ::syscall(SYS_pidfd_send_signal, active.worker.process.get(), SIGKILL, nullptr, 0);
}

void DiskWorkers::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

bool DiskWorkers::submit(DiskJob job) {
  const std::lock_guard lock(mutex_);
  if (!keys_.insert(job.key).second) return false;
  const auto idle = std::find_if(workers_.begin(), workers_.end(), [](const Active& active) {
    return !active.abandoned && !active.job && active.worker.channel.valid();
  });
  if (queue_.empty() && idle != workers_.end())
    start(*idle, std::move(job));
  else
    queue_.push_back({std::move(job), now()});
  // The thread is awake soon enough when a job ends; only where none does it must be told of the time. And only it
  // forks.
  if (std::none_of(workers_.begin(), workers_.end(), [](const Active& active) { return active.job.has_value(); }))
    wake();
  else
    set_alarm();
  return true;
}

void DiskWorkers::set_alarm() {
  const auto time = now() + milliseconds(poll_timeout_ms());
  if (alarm_at_ <= time) return;
  alarm_at_ = time;
  const auto left = std::max<std::chrono::nanoseconds>(time - now(), milliseconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const itimerspec setting{.it_interval = {}, .it_value = {seconds.count(), (left - seconds).count()}};
  ::timerfd_settime(alarm_.get(), 0, &setting, nullptr);
}

void DiskWorkers::clear_alarm() {
  if (alarm_at_ == MonotonicTime::max()) return;
  alarm_at_ = MonotonicTime::max();
  const itimerspec never{};
  ::timerfd_settime(alarm_.get(), 0, &never, nullptr);
}

std::size_t DiskWorkers::abandoned() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const Active& active) { return active.abandoned; }));
}

DiskWorkers::Active* DiskWorkers::idle_or_new_worker(MonotonicTime waiting_since, std::optional<base::Error>& error) {
  std::size_t busy = 0;
  bool all_slow = true;
  for (auto& active : workers_) {
    if (active.abandoned) continue;
    if (!active.job) return &active;
    ++busy;
    all_slow = all_slow && now() - active.started >= kSlowJob;
  }
  if (busy >= kMaxBusyWorkers || (busy > 0 && (now() - waiting_since < kPatience || !all_slow))) return nullptr;
  auto worker = zygote_.fork_worker();
  if (!worker) {
    error = worker.error();
    return nullptr;
  }
  ::fcntl(worker->channel.get(), F_SETFL, O_NONBLOCK);
  return &workers_.emplace_back(Active{.worker = std::move(*worker), .job = {}, .parts = {}, .started = {}, .key = {}});
}

void DiskWorkers::assign(Finished& finished) {
  while (!queue_.empty()) {
    std::optional<base::Error> error;
    Active* const active = idle_or_new_worker(queue_.front().since, error);
    if (!active && !error) return;
    DiskJob job = std::move(queue_.front().job);
    queue_.pop_front();
    if (!active) {
      keys_.erase(job.key);
      finished.emplace_back(std::move(job), JobOutcome{.parts = {}, .error = std::move(error)});
      continue;
    }
    start(*active, std::move(job));
  }
}

void DiskWorkers::start(Active& active, DiskJob job) {
  active.started = now();
  active.key = job.key;
  active.parts.clear();
  active.worker.mailbox.clear();
  active.job = std::move(job);
  const auto& request = active.job->request;
  if (::send(active.worker.channel.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    ::syscall(SYS_pidfd_send_signal, active.worker.process.get(), SIGKILL, nullptr, 0);  // receive() sees its end
}

void DiskWorkers::finish(Active& active, std::optional<base::Error> error, Finished& finished) {
  auto parts = active.worker.mailbox.parts();
  parts.insert(parts.end(), std::make_move_iterator(active.parts.begin()), std::make_move_iterator(active.parts.end()));
  JobOutcome outcome{.parts = std::move(parts), .error = std::move(error), .duration = now() - active.started};
  finished.emplace_back(std::move(*active.job), std::move(outcome));
  active.job.reset();
  active.parts.clear();
}

void DiskWorkers::expire(Finished& finished) {
  for (auto& active : workers_) {
    if (!active.job || now() < active.started + active.job->deadline) continue;
    active.abandoned = true;  // keeps its key until it dies
    ::syscall(SYS_pidfd_send_signal, active.worker.process.get(), SIGKILL, nullptr, 0);
    finish(active, base::Error{std::make_error_code(std::errc::timed_out), "no answer from the disk"}, finished);
  }
}

void DiskWorkers::receive(Active& active, Finished& finished) {
  static thread_local const auto buffer = std::make_unique_for_overwrite<char[]>(kMaxMessageBytes);
  for (;;) {
    const ssize_t count = ::recv(active.worker.channel.get(), buffer.get(), kMaxMessageBytes, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {  // it ended: killed by us at last, or crashed on what it read
      active.worker.channel.reset();
      if (!active.key.empty()) keys_.erase(active.key);
      if (active.job)
        finish(active, base::Error{std::make_error_code(std::errc::broken_pipe), "disk worker died"}, finished);
      return;
    }
    if (!active.job) continue;  // an answer after the deadline
    if (buffer[0] == kMessagePart) {
      active.parts.emplace_back(buffer.get() + 1, static_cast<std::size_t>(count) - 1);
    } else {
      keys_.erase(active.key);
      active.key.clear();
      finish(active, std::nullopt, finished);
    }
  }
}

MonotonicTime DiskWorkers::when_to_fork() const {
  auto time = queue_.front().since + kPatience;
  for (const auto& active : workers_)
    if (active.job) time = std::max<MonotonicTime>(time, active.started + kSlowJob);
  return time;
}

int DiskWorkers::poll_timeout_ms() const {
  int timeout = 60'000;
  for (const auto& active : workers_)
    if (active.job) timeout = std::min(timeout, milliseconds_until(active.started + active.job->deadline));
  if (!queue_.empty()) timeout = std::min(timeout, std::max(1, milliseconds_until(when_to_fork())));
  return timeout;
}

void DiskWorkers::run() {
  std::vector<pollfd> polled;
  std::vector<Active*> owners;
  for (;;) {
    Finished finished;
    int timeout_ms = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      clear_alarm();  // poll() has the time from here on
      expire(finished);
      assign(finished);
      polled.assign({{wakeup_.get(), POLLIN, 0}, {alarm_.get(), POLLIN, 0}});
      owners.assign(polled.size(), nullptr);
      for (auto& active : workers_) {
        polled.push_back({active.worker.channel.get(), POLLIN, 0});
        owners.push_back(&active);
      }
      timeout_ms = finished.empty() ? poll_timeout_ms() : 0;
    }
    for (auto& [job, outcome] : finished) job.done(std::move(outcome));
    finished.clear();
    ::poll(polled.data(), polled.size(), timeout_ms);
    {
      const std::lock_guard lock(mutex_);
      if (polled[0].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto drained = ::read(wakeup_.get(), &count, sizeof count);
      }
      for (std::size_t i = 2; i < polled.size(); ++i)
        if (polled[i].revents != 0) receive(*owners[i], finished);
      workers_.remove_if([](const Active& active) { return !active.worker.channel.valid(); });
    }
    for (auto& [job, outcome] : finished) job.done(std::move(outcome));
  }
}

}  // namespace motoko::sources
