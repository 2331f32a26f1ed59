// One fix at a time on a host, whichever way it was started.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::remediation {

struct LockHeld {
  std::optional<pid_t> holder;  // none: it cannot be told (another PID namespace, or it has just ended)
  bool operator==(const LockHeld&) const = default;
};

class RunLock;
using LockAttempt = std::variant<RunLock, LockHeld>;

/// Held until it goes, or until this process ends in whatever way. Only for root, whose lock file nobody else can open;
/// one that another user put in its place is replaced.
///
/// It is a record lock of the process (fcntl F_SETLK) and not flock(2): a child made by fork would share a flock, and
/// one that hangs on a dead disk, which even SIGKILL does not end, would keep it for ever. The kernel also knows who
/// holds a record lock, so nothing that may be out of date has to be written into the file.
class RunLock {
 public:
  /// Never waits. Makes the directory as History::open does. Error: the file cannot be made or locked.
  [[nodiscard]] static base::Result<LockAttempt> acquire(const std::string& state_dir);

  RunLock(RunLock&& other) noexcept = default;
  RunLock& operator=(RunLock&&) = delete;
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;
  ~RunLock();

 private:
  explicit RunLock(base::UniqueFd fd) : fd_(std::move(fd)) {}
  base::UniqueFd fd_;
};

}  // namespace motoko::remediation
