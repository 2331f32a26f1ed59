#include "exporter/sources/kernel_log_recorder.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

namespace motoko::sources {
namespace {

using observation::DeviceLogHistory;
using observation::KernelEvent;
using observation::KernelEventKind;

constexpr std::string_view kOtherDevices = "other";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

/// The kernel prints lower-case UUIDs; what is compared with them need not be.
std::string lower_case(std::string_view uuid) {
  std::string lower(uuid);
  for (char& c : lower)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

base::MonotonicTime newest_time(const DeviceLogHistory& history) {
  return std::max({history.mounted.value_or(base::MonotonicTime{}),
                   history.remounted_ro.value_or(base::MonotonicTime{}),
                   history.shut_down.value_or(base::MonotonicTime{})});
}

}  // namespace

void KernelLogRecorder::add(std::string_view record, const TimeBracket& bracket) {
  const auto parsed = parse_kmsg_record(record);
  if (!parsed) return;
  note_sequence(parsed->sequence);
  if (!is_from_kernel(*parsed)) return;
  const auto message = classify_kernel_message(parsed->text);
  if (!message) return;
  const auto stamped = base::MonotonicTime(parsed->time);
  const auto bracketed = std::min(std::max(stamped, bracket.earliest), bracket.latest);
  newest_ = std::max(newest_, bracketed);  // the log's order is the truth, also between CPUs
  apply(*message, *parsed, newest_);
  ++revision_;
}

void KernelLogRecorder::note_sequence(std::uint64_t sequence) {
  if (!next_sequence_) {
    log_.since_boot = sequence == 0;
    ++revision_;
  } else if (sequence > *next_sequence_) {
    ++revision_;
    log_.lost += sequence - *next_sequence_;
    log_.since_boot = false;
    // Any of the lost records may have been a mount, an unmount or a shutdown: what was known proves nothing now.
    log_.devices.clear();
  }
  next_sequence_ = sequence + 1;
}

void KernelLogRecorder::apply(const KernelMessage& message, const KmsgRecord& record, base::MonotonicTime time) {
  std::visit(Overloaded{
                 [&](const StorageEvent& event) { apply(event, record, time); },
                 [&](const FilesystemMounted& mounted) {
                   history_of(mounted.device) = {
                       .filesystem = lower_case(mounted.uuid), .mounted = time, .remounted_ro = {}, .shut_down = {}};
                 },
                 [&](const FilesystemRemounted& remounted) {
                   if (!remounted.uuid.empty()) history_of(remounted.device).filesystem = lower_case(remounted.uuid);
                 },
                 [&](const FilesystemUnmounted& unmounted) { log_.devices.erase(std::string(unmounted.device)); },
                 [&](const DiskAttached& attached) { note_attached(attached.device, time); },
                 [&](const MountMessagesSuppressed&) {
                   log_.since_boot = false;
                   log_.devices.clear();
                 },
                 [&](const FilesystemMessagesSuppressed&) {
                   // Bad news may be missing, but what is known to be bad stays so.
                   log_.since_boot = false;
                   for (auto& [device, history] : log_.devices) history.mounted.reset();
                 },
             },
             message);
}

void KernelLogRecorder::apply(const StorageEvent& event, const KmsgRecord& record, base::MonotonicTime time) {
  count(event);
  switch (event.kind) {
    case KernelEventKind::remount_ro:
    case KernelEventKind::journal_abort:
      history_of(event.device).remounted_ro = time;
      break;
    case KernelEventKind::ext4_shutdown:
      history_of(event.device).shut_down = time;
      break;
    case KernelEventKind::ext4_error:
    case KernelEventKind::ext4_warning:
    case KernelEventKind::io_error:
    case KernelEventKind::usb_disconnect:
    case KernelEventKind::usb_reset:
    case KernelEventKind::device_offline:
      break;
  }
  std::string device(event.device);
  const auto history = log_.devices.find(device);
  make_room_for_event();
  log_.events.push_back({.time = time,
                         .kind = event.kind,
                         .device = std::move(device),
                         .filesystem = history == log_.devices.end() ? std::string() : history->second.filesystem,
                         .count = event.count,
                         .text = unescape_kmsg(record.text)});
}

void KernelLogRecorder::count(const StorageEvent& event) {
  std::pair<std::string, KernelEventKind> key(event.device, event.kind);
  if (const auto total = log_.totals.find(key); total != log_.totals.end()) {
    total->second += event.count;
    return;
  }
  // Each device has at most one entry of each kind, so this bounds the names as well.
  if (log_.totals.size() >= limits_.max_devices) key.first = kOtherDevices;
  log_.totals[key] += event.count;
}

void KernelLogRecorder::make_room_for_event() {
  auto& events = log_.events;
  if (events.size() < limits_.max_events || events.empty()) return;
  std::map<std::string_view, std::size_t> by_device;
  for (const auto& event : events) ++by_device[event.device];
  const auto loudest = std::max_element(by_device.begin(), by_device.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
  // A tenth at once, so that a flood does not pay for this scan with each message.
  auto surplus = std::min(loudest->second, std::max<std::size_t>(1, limits_.max_events / 10));
  const std::string device(loudest->first);
  std::erase_if(events,
                [&](const KernelEvent& event) { return surplus > 0 && event.device == device && surplus-- > 0; });
}

DeviceLogHistory& KernelLogRecorder::history_of(std::string_view device) {
  auto& devices = log_.devices;
  std::string name(device);
  if (const auto known = devices.find(name); known != devices.end()) return known->second;
  if (devices.size() >= limits_.max_devices) {
    log_.since_boot = false;  // a device without a history may now have had one
    devices.erase(std::min_element(devices.begin(), devices.end(), [](const auto& a, const auto& b) {
      return newest_time(a.second) < newest_time(b.second);
    }));
  }
  return devices[std::move(name)];
}

void KernelLogRecorder::note_attached(std::string_view device, base::MonotonicTime time) {
  auto& attached = log_.attached;
  if (attached.size() >= limits_.max_devices && !attached.contains(std::string(device)))
    attached.erase(std::min_element(attached.begin(), attached.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; }));
  attached[std::string(device)] = time;
}

void KernelLogRecorder::drop_old_events(base::MonotonicTime now) {
  auto& events = log_.events;
  while (!events.empty() && events.front().time < now - limits_.max_age) {
    events.pop_front();
    ++revision_;
  }
}

}  // namespace motoko::sources
