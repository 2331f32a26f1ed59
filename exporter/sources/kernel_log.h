// Reads the kernel log from /dev/kmsg, which gives each reader the whole ring buffer and then what is new.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/host_paths.h"
#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/observation/kernel_event.h"
#include "exporter/sources/kernel_log_recorder.h"

namespace motoko::sources {

/// Callable from one thread at a time.
class KernelLogReader {
 public:
  /// Gives one record, as read(2) on /dev/kmsg does: errno EAGAIN where there is none yet, EPIPE after an overrun.
  using ReadRecord = std::function<ssize_t(char* buffer, std::size_t size)>;

  /// Opens nothing yet. `keep`: how long events are kept, at least an hour.
  explicit KernelLogReader(const base::HostPaths& paths, std::chrono::seconds keep = std::chrono::hours(1));

  /// Reads through `read_record` instead of the device; fd() is -1.
  explicit KernelLogReader(ReadRecord read_record, KernelLogLimits limits = {});

  /// Reads all there is, without waiting. Call when fd() is readable, and before log() is used: that makes times exact
  /// to the interval between two calls. A flood that never ends is left for the next call. Error: the device is missing
  /// (containers), this process may not read it (CAP_SYSLOG), or it fails; what was read before is kept, and the next
  /// call tries again.
  [[nodiscard]] base::Status drain();

  [[nodiscard]] const observation::KernelLog& log() const { return recorder_.log(); }

  /// A copy of log() that may be given to other threads; the same object until drain() finds news.
  [[nodiscard]] std::shared_ptr<const observation::KernelLog> snapshot();

  /// For poll(2): POLLIN when drain() has something to do. -1 until drain() has opened the device.
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  [[nodiscard]] base::Status open();

  std::string path_;
  base::UniqueFd fd_;
  ReadRecord read_record_;  // empty: read fd_
  KernelLogRecorder recorder_;
  std::vector<char> buffer_;
  base::MonotonicTime read_until_{};  // every record before this moment was seen
  std::shared_ptr<const observation::KernelLog> snapshot_;
  std::uint64_t snapshot_revision_ = 0;
};

}  // namespace motoko::sources
