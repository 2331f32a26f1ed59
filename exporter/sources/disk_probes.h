// Touches the guarded mounts through disk workers and remembers what each gave last.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/observation/sources.h"
#include "exporter/sources/disk_workers.h"

namespace motoko::sources {

struct DiskProbesOptions {
  std::chrono::milliseconds deadline = std::chrono::seconds(2);
  std::optional<std::chrono::seconds> write_interval;  // none: never write
  /// Called on another thread when an answer that tells something new came after touch() had returned. Must not block.
  std::function<void()> on_late_answer;
};

class DiskProbes : public observation::ProbeSource {
 public:
  DiskProbes(DiskWorkers& workers, DiskProbesOptions options);
  ~DiskProbes() override;
  DiskProbes(const DiskProbes&) = delete;
  DiskProbes& operator=(const DiskProbes&) = delete;

  /// As the interface says. A target whose earlier job still runs or is stuck keeps its last result: the deadline's
  /// verdict, once that has passed.
  std::vector<observation::ProbeResults> touch(const std::vector<observation::ProbeTarget>& targets) override;

 private:
  struct Probed {  // one mount, by its identity: another file system on the same path starts afresh
    std::optional<observation::MountProbes> probes;
    std::optional<base::Result<std::uint64_t>> shadowed_entries;
    std::optional<base::Result<observation::Backups>> backups;
    std::string known_file;
    bool pending = false;
    bool late = false;     // the last job did not answer in time: do not wait for this one
    bool awaited = false;  // touch() waits for its answer
    bool backups_pending = false;
    base::MonotonicTime backups_read_at;
    base::MonotonicTime written_at;
  };
  struct Shared {  // outlives this object in the callbacks of jobs under way
    std::mutex mutex;
    std::condition_variable answered;
    std::map<std::string, Probed> mounts;
    std::function<void()> on_late_answer;
    bool touching = false;
    std::size_t awaited = 0;  // so many mounts are; touch() is woken when none is left
  };

  void start_probe(const std::string& key, const observation::ProbeTarget& target);
  void start_entry_count(const std::string& key, const observation::ProbeTarget& target);
  void start_backups(const std::string& key, const observation::ProbeTarget& target);
  /// `store` takes the answer in and says whether it tells something new.
  static void answer(const std::shared_ptr<Shared>& shared, const std::string& key,
                     const std::function<bool(Probed&)>& store);

  DiskWorkers& workers_;
  DiskProbesOptions options_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace motoko::sources
