// Disk jobs that somebody waits for.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "exporter/sources/disk_workers.h"

namespace motoko::sources {

struct AwaitedJob {
  std::string key;  // as DiskJob
  std::string request;
};

/// Runs all at the same time and returns what each gave, in order, when the last has answered or passed its deadline.
/// Error resource_unavailable_try_again: an earlier job with that key still runs.
[[nodiscard]] std::vector<JobOutcome> run_and_wait(DiskWorkers& workers, const std::vector<AwaitedJob>& jobs,
                                                   std::chrono::milliseconds deadline);

}  // namespace motoko::sources
