#include "exporter/sources/disk_probes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "exporter/sources/mount_probe.h"
#include "exporter/sources/time_machine.h"
#include "exporter/sources/worker_requests.h"

namespace motoko::sources {
namespace {

using base::Result;
using observation::ProbeResults;
using observation::ProbeTarget;

/// An answer that is not there by then comes with a later observation; only a first one is waited for longer.
constexpr std::chrono::milliseconds kUsualAnswer{100};
/// Backups end hourly at most, and listing them reads directories of a disk that has other work.
constexpr std::chrono::seconds kBackupsInterval{60};
constexpr std::chrono::seconds kBackupsDeadline{10};

base::MonotonicTime now() {
  return std::chrono::steady_clock::now();
}

std::string identity(const ProbeTarget& target) {
  if (!target.top) return "bare " + target.path;
  return "mount " + std::to_string(target.top->id) + " " + to_string(target.top->device) + " " + target.path;
}

bool read_succeeded(const std::optional<observation::MountProbes>& probes) {
  return probes && !(probes->read && probes->read->error);
}

/// What a probe comes to, without its duration.
std::string gist(const Result<observation::ProbeOutcome>& outcome) {
  if (!outcome) return "unknown";
  return outcome->error ? outcome->error->message() : "success";
}

std::string gist(const std::optional<observation::MountProbes>& probes) {
  return probes ? gist(probes->statfs) + "/" + gist(probes->read) + "/" + gist(probes->write) : "";
}

}  // namespace

DiskProbes::DiskProbes(DiskWorkers& workers, DiskProbesOptions options)
    : workers_(workers), options_(std::move(options)) {
  shared_->on_late_answer = options_.on_late_answer;
}

void DiskProbes::answer(const std::shared_ptr<Shared>& shared, const std::string& key,
                        const std::function<bool(Probed&)>& store) {
  const std::lock_guard lock(shared->mutex);
  const auto found = shared->mounts.find(key);
  if (found == shared->mounts.end()) return;  // no longer a target
  // A disk that is merely slow must not start the next touch with each of its answers.
  const bool news = store(found->second) && !shared->touching;
  // Waking up for each of very many answers would cost more than the touches.
  if (std::exchange(found->second.awaited, false)) --shared->awaited;
  if (shared->awaited == 0) shared->answered.notify_all();
  // Under the lock, so that the destructor can end these calls.
  if (news && shared->on_late_answer) shared->on_late_answer();
}

DiskProbes::~DiskProbes() {
  const std::lock_guard lock(shared_->mutex);
  shared_->on_late_answer = nullptr;
}

void DiskProbes::start_probe(const std::string& key, const ProbeTarget& target) {
  Probed& mount = shared_->mounts[key];
  const bool write = options_.write_interval && now() - mount.written_at >= *options_.write_interval;
  const ProbeRequest request{.mountpoint = target.path,
                             .device_path = target.device_path,
                             .device = target.top->device,
                             .known_file = mount.known_file,
                             .write = write};
  const auto done = [shared = shared_, key, write](const JobOutcome& outcome) {
    const base::Error missing =
        outcome.error.value_or(base::Error{std::make_error_code(std::errc::bad_message), "probe"});
    const ProbeReply reply = decode_probe_reply(outcome.parts, missing, outcome.duration, write);
    answer(shared, key, [&](Probed& stored) {
      const std::string before = gist(stored.probes);
      const auto last_write = stored.probes ? stored.probes->write : reply.write;
      stored.probes = {
          .statfs = reply.statfs, .read = reply.read, .write = write ? reply.write : last_write, .usage = reply.usage};
      stored.known_file = reply.known_file;
      stored.pending = false;
      stored.late = outcome.error.has_value();
      if (write) stored.written_at = now();
      return gist(stored.probes) != before;
    });
  };
  mount.pending =
      workers_.submit({.key = key, .request = probe_request(request), .deadline = options_.deadline, .done = done});
}

void DiskProbes::start_entry_count(const std::string& key, const ProbeTarget& target) {
  Probed& mount = shared_->mounts[key];
  const auto done = [shared = shared_, key](const JobOutcome& outcome) {
    auto count = outcome.parts.empty() ? Result<std::uint64_t>(tl::unexpected(outcome.error.value_or(base::Error{})))
                                       : decode_entry_count(outcome.parts.front());
    answer(shared, key, [&](Probed& stored) {
      const bool news = !stored.shadowed_entries || !(*stored.shadowed_entries == count);
      stored.shadowed_entries = count;
      stored.pending = false;
      stored.late = outcome.error.has_value();
      return news;
    });
  };
  mount.pending = workers_.submit(
      {.key = key, .request = count_entries_request(target.path), .deadline = options_.deadline, .done = done});
}

void DiskProbes::start_backups(const std::string& key, const ProbeTarget& target) {
  Probed& mount = shared_->mounts[key];
  mount.backups_read_at = now();
  const auto done = [shared = shared_, key](const JobOutcome& outcome) {
    auto backups = outcome.parts.empty()
                       ? Result<observation::Backups>(tl::unexpected(outcome.error.value_or(base::Error{})))
                       : decode(outcome.parts.front());
    answer(shared, key, [&](Probed& stored) {
      const bool news = !stored.backups || !(*stored.backups == backups);
      stored.backups = std::move(backups);
      stored.backups_pending = false;
      return news;
    });
  };
  mount.backups_pending = workers_.submit(
      {.key = "backups " + key, .request = backups_request(target.path), .deadline = kBackupsDeadline, .done = done});
}

std::vector<ProbeResults> DiskProbes::touch(const std::vector<ProbeTarget>& targets) {
  std::set<std::string> keys;
  for (const auto& target : targets) keys.insert(identity(target));

  std::unique_lock lock(shared_->mutex);
  shared_->touching = true;
  std::erase_if(shared_->mounts, [&](const auto& mount) { return !keys.contains(mount.first); });
  for (const auto& target : targets) {
    const std::string key = identity(target);
    Probed& mount = shared_->mounts[key];
    if (!mount.pending) {
      if (target.top)
        start_probe(key, target);
      else
        start_entry_count(key, target);
    }
  }
  shared_->awaited = 0;
  for (auto& [key, mount] : shared_->mounts) {
    mount.awaited = mount.pending && !mount.late;
    if (mount.awaited) ++shared_->awaited;
  }
  const auto started = now();
  const auto wait_for = [&](auto waited_for, std::chrono::milliseconds limit) {
    shared_->answered.wait_until(lock, started + limit, [&] {
      return std::none_of(shared_->mounts.begin(), shared_->mounts.end(),
                          [&](const auto& mount) { return waited_for(mount.second); });
    });
  };
  const auto first_answer = [](const Probed& mount) {
    return mount.pending && !mount.probes && !mount.shadowed_entries;
  };
  shared_->answered.wait_until(lock, started + kUsualAnswer, [&] { return shared_->awaited == 0; });
  shared_->awaited = 0;  // what still does not answer is awaited no longer, and each answer wakes the waits below
  for (auto& [key, mount] : shared_->mounts) mount.awaited = false;
  wait_for(first_answer, options_.deadline + kUsualAnswer);

  // Only a disk that has just answered is asked for more.
  for (const auto& target : targets) {
    Probed& mount = shared_->mounts[identity(target)];
    const bool due = !mount.backups || now() - mount.backups_read_at >= kBackupsInterval;
    if (target.top && target.time_machine && due && !mount.backups_pending && read_succeeded(mount.probes))
      start_backups(identity(target), target);
  }
  wait_for([](const Probed& mount) { return mount.backups_pending && !mount.backups; },
           options_.deadline + kUsualAnswer);

  std::vector<ProbeResults> results;
  for (const auto& target : targets) {
    const Probed& mount = shared_->mounts[identity(target)];
    ProbeResults result;
    if (target.top) {
      const auto pending = base::errno_error(EINPROGRESS, "probe of " + target.path);
      result.probes = mount.probes.value_or(
          observation::MountProbes{.statfs = pending, .read = pending, .write = pending, .usage = pending});
      if (target.time_machine)
        result.backups = mount.backups.value_or(base::errno_error(EINPROGRESS, "look for backups on " + target.path));
    } else {
      result.shadowed_entries = mount.shadowed_entries.value_or(base::errno_error(EINPROGRESS, "list " + target.path));
    }
    results.push_back(std::move(result));
  }
  shared_->touching = false;
  return results;
}

}  // namespace motoko::sources
