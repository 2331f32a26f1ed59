// Who keeps an unmounted file system alive.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::host {

struct Holder {
  pid_t pid = 0;     // 0: not a process
  std::string name;  // "rsync"
  std::string how;   // "an open file", "its working directory", "a mount in its namespace, /time"
  bool operator==(const Holder&) const = default;
};

/// Processes with an open file, working or root directory, program or mapped file on the file system whose device
/// number is `major`:`minor`, or with a mount of it in their mount namespace (one process of each namespace stands for
/// all); then loop devices and swap whose file lies on it. Looks at what is in memory only, in a child process: one of
/// the processes may be stuck. Error: procfs cannot be read, or timed_out.
[[nodiscard]] base::Result<std::vector<Holder>> holders_of(const std::string& procfs, unsigned major, unsigned minor,
                                                           std::chrono::milliseconds deadline);

/// SIGTERM, and SIGKILL to those that are still there after `patience`; returns when all are gone, at the latest after
/// twice that. Never process 1, nor this process or its ancestors. Error: one of them lives on, or may not be ended.
[[nodiscard]] base::Status end_processes(const std::vector<Holder>& holders, std::chrono::milliseconds patience);

}  // namespace motoko::host
