#include "exporter/sources/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace motoko::sources {
namespace {

constexpr std::size_t kBufferBytes = 8192;       // the kernel's CONSOLE_EXT_LOG_MAX; a longer record would be lost
constexpr unsigned kMaxRecordsADrain = 100'000;  // more than the ring buffer holds

}  // namespace

KernelLogReader::KernelLogReader(const base::HostPaths& paths, std::chrono::seconds keep)
    : path_(paths.dev + "/kmsg"),
      recorder_({.max_age = std::max<std::chrono::seconds>(keep, std::chrono::hours(1))}),
      buffer_(kBufferBytes) {}

KernelLogReader::KernelLogReader(ReadRecord read_record, KernelLogLimits limits)
    : read_record_(std::move(read_record)), recorder_(limits), buffer_(kBufferBytes) {}

base::Status KernelLogReader::open() {
  fd_.reset(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (fd_.valid()) return {};
  const int error = errno;
  return base::errno_error(error, "open " + path_ +
                                      " (a container must be given the host's; with kernel.dmesg_restrict=1 it needs "
                                      "CAP_SYSLOG)");
}

std::shared_ptr<const observation::KernelLog> KernelLogReader::snapshot() {
  if (!snapshot_ || snapshot_revision_ != recorder_.revision()) {
    snapshot_ = std::make_shared<const observation::KernelLog>(recorder_.log());
    snapshot_revision_ = recorder_.revision();
  }
  return snapshot_;
}

base::Status KernelLogReader::drain() {
  if (!read_record_ && !fd_.valid())
    if (auto opened = open(); !opened) return opened;
  auto now = std::chrono::steady_clock::now();
  for (unsigned records = 0; records < kMaxRecordsADrain; ++records) {
    const ssize_t size =
        read_record_ ? read_record_(buffer_.data(), buffer_.size()) : ::read(fd_.get(), buffer_.data(), buffer_.size());
    if (size > 0) {
      const std::string_view record(buffer_.data(), static_cast<std::size_t>(size));
      now = std::chrono::steady_clock::now();
      recorder_.add(record, {.earliest = read_until_, .latest = now});
      continue;
    }
    if (size < 0 && errno == EINTR) continue;
    // EPIPE: records were overwritten. EINVAL: one was longer than the buffer. The gap in the sequence counts both.
    if (size < 0 && (errno == EPIPE || errno == EINVAL)) continue;
    if (size < 0 && errno != EAGAIN)
      return base::errno_error(errno, "read " + (path_.empty() ? "the kernel log" : path_));
    read_until_ = now;
    break;
  }
  recorder_.drop_old_events(now);
  return {};
}

}  // namespace motoko::sources
