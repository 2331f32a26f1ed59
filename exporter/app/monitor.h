// Keeps one picture of the host up to date and hands it out: observes on its own thread when something happened, when a
// reader wants it fresh, and every ten seconds where nobody asks. No reader ever waits for a disk.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/app/eyes.h"
#include "exporter/app/schedule.h"
#include "exporter/health/verdict.h"
#include "exporter/observation/observation.h"

namespace motoko::app {

/// One moment. Shared by all who read it; never changes.
struct Snapshot {
  observation::Observation observation;
  health::Verdict verdict;
};

class Monitor {
 public:
  Monitor();  // observes nothing until it has eyes
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// The newest picture. Where it is older than a second, or something happened since, a new one is asked for and
  /// waited for a moment; one that takes longer is not waited for. Null: there is none yet.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();

  /// Something happened: observe soon.
  void notify();

  /// A block device appeared, changed or went. Empty name: perhaps several.
  void device_changed(const std::string& name);

  /// From the next observation on, which starts at once.
  void replace_eyes(std::unique_ptr<Eyes> eyes);

 private:
  void run();
  void log_changes(const observation::Observation& observation);
  [[nodiscard]] bool due(base::MonotonicTime now) const;
  [[nodiscard]] base::MonotonicTime next_due() const;

  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::condition_variable published_;
  std::unique_ptr<Eyes> eyes_;  // used on the monitor's thread without the lock, replaced there only
  std::unique_ptr<Eyes> next_eyes_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::string> changed_devices_;
  Schedule schedule_;
  std::map<std::string, std::string> failing_;  // collector -> error; only the thread's
  bool event_ = false;
  bool reader_waits_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace motoko::app
