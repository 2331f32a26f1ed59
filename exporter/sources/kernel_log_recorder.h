// Folds the records of the kernel log into observation::KernelLog: events, totals, and the life of each device's file
// system. Does no input; kernel_log feeds it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/base/clock.h"
#include "exporter/observation/kernel_event.h"
#include "exporter/sources/kernel_message.h"
#include "exporter/sources/kmsg_record.h"

namespace motoko::sources {

/// How much is kept. Totals are kept for ever; a name of a device beyond `max_devices` is counted as "other".
struct KernelLogLimits {
  std::chrono::seconds max_age = std::chrono::hours(1);  // of events
  std::size_t max_events = 500;                          // a flood from one device drops that device's oldest
  std::size_t max_devices = 1000;
};

/// When a record was written at the earliest and at the latest.
struct TimeBracket {
  base::MonotonicTime earliest;
  base::MonotonicTime latest;
};

class KernelLogRecorder {
 public:
  explicit KernelLogRecorder(KernelLogLimits limits = {}) : limits_(limits) {}

  /// One record as read from /dev/kmsg, in the order of the log. What is no record, or not the kernel's, changes no
  /// more than the count of sequence numbers. The kernel stamps records with its local clock, which runs away from
  /// CLOCK_MONOTONIC by seconds in weeks: the time is moved into the bracket.
  void add(std::string_view record, const TimeBracket& bracket);

  /// Forgets the events that are too old.
  void drop_old_events(base::MonotonicTime now);

  [[nodiscard]] const observation::KernelLog& log() const { return log_; }

  /// Another number after each change of log().
  [[nodiscard]] std::uint64_t revision() const { return revision_; }

 private:
  void note_sequence(std::uint64_t sequence);
  void apply(const StorageEvent& event, const KmsgRecord& record, base::MonotonicTime time);
  void apply(const KernelMessage& message, const KmsgRecord& record, base::MonotonicTime time);
  void count(const StorageEvent& event);
  void note_attached(std::string_view device, base::MonotonicTime time);
  void make_room_for_event();
  observation::DeviceLogHistory& history_of(std::string_view device);

  KernelLogLimits limits_;
  observation::KernelLog log_;
  std::optional<std::uint64_t> next_sequence_;  // none: no record seen yet
  base::MonotonicTime newest_{};
  std::uint64_t revision_ = 0;
};

}  // namespace motoko::sources
