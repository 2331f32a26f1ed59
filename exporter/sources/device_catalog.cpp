#include "exporter/sources/device_catalog.h"

#include <unistd.h>

#include <algorithm>

#include "exporter/sources/device_tags.h"
#include "exporter/sources/worker_requests.h"

namespace motoko::sources {
namespace {

using base::Result;
using observation::DeviceInventory;
using observation::DeviceTags;

/// The kernel announces devices that come and go, but a lost announcement must not last.
constexpr std::chrono::seconds kListAgainAfter{60};
base::MonotonicTime now() {
  return std::chrono::steady_clock::now();
}

/// Those who may not open the device may still read what udev found on it.
Result<DeviceTags> tags_or_udev(Result<DeviceTags> tags, const base::HostPaths& paths,
                                observation::DeviceNumber number) {
  if (tags && !tags->only_uuid_known) return tags;
  if (!tags && !(tags.error().is(std::errc::permission_denied) || tags.error().is(std::errc::operation_not_permitted) ||
                 tags.error().is(std::errc::no_such_file_or_directory)))
    return tags;
  auto from_udev = udev_tags(paths, number);
  return from_udev ? from_udev : tags;
}

}  // namespace

bool may_carry_something_else(std::chrono::steady_clock::duration since_read, std::optional<std::uint64_t> writes_then,
                              std::optional<std::uint64_t> writes_now) {
  constexpr std::chrono::seconds kWritten{10};
  // Not everything that changes a device is counted: the file behind a loop device, the disks under a mapped one.
  constexpr std::chrono::seconds kUntouched{60};
  const bool untouched = writes_then && writes_then == writes_now;
  return since_read > (untouched ? kUntouched : kWritten);
}

DeviceCatalog::DeviceCatalog(const base::HostPaths& paths, DiskWorkers& workers, std::chrono::milliseconds deadline)
    : paths_(paths), workers_(workers), deadline_(deadline) {}

void DeviceCatalog::device_changed(const std::string& name) {
  const std::lock_guard lock(shared_->mutex);
  shared_->list_again = true;
  if (!name.empty())
    shared_->changed.insert(name);
  else if (!told_of_changes_)
    for (auto& [entry_name, entry] : shared_->entries) entry.stale = true;
}

base::Status DeviceCatalog::list_devices(std::unique_lock<std::mutex>& lock) {
  if (!shared_->list_again && now() - listed_at_ < kListAgainAfter) return {};
  shared_->list_again = false;
  const auto changed = std::exchange(shared_->changed, {});
  lock.unlock();
  const auto listed = list_block_devices(paths_);
  lock.lock();
  if (!listed) {
    shared_->list_again = true;
    return tl::unexpected(listed.error());
  }
  listed_at_ = now();
  auto& entries = shared_->entries;
  const auto is_listed = [&](const std::string& name) {
    return std::any_of(listed->begin(), listed->end(), [&](const auto& device) { return device.name == name; });
  };
  if (std::erase_if(entries, [&](const auto& entry) { return !is_listed(entry.first); }) > 0) shared_->updated = true;
  told_of_changes_ = ::access(paths_.udev_data.c_str(), F_OK) == 0;
  for (const auto& device : *listed) {
    auto [found, is_new] =
        entries.try_emplace(device.name, Entry{.listed = device,
                                               .tags = base::errno_error(EINPROGRESS, "read " + device.name),
                                               .read_at = {},
                                               .writes_before = {}});
    Entry& entry = found->second;
    if (is_new || !(entry.listed == device)) {
      const bool other_disk = entry.listed.sequence != device.sequence ||
                              entry.listed.size_bytes != device.size_bytes || entry.listed.number != device.number;
      entry.listed = device;
      entry.stale = true;
      if (other_disk) entry.answered = false;
      shared_->updated = true;
    }
    if (changed.contains(device.name)) entry.stale = true;
  }
  return {};
}

void DeviceCatalog::find_written_devices() {
  const auto time = now();
  const bool nobody_asks = std::none_of(shared_->entries.begin(), shared_->entries.end(), [&](const auto& entry) {
    return entry.second.stale || may_carry_something_else(time - entry.second.read_at, {}, {});
  });
  if (told_of_changes_ || nobody_asks) return;
  const auto counts = read_write_counts(paths_);  // before the devices are read: a write meanwhile counts for later
  for (auto& [name, entry] : shared_->entries) {
    std::optional<std::uint64_t> writes;
    if (counts)
      if (const auto found = counts->find(entry.listed.disk); found != counts->end()) writes = found->second;
    if (may_carry_something_else(time - entry.read_at, entry.writes_before, writes)) entry.stale = true;
    if (entry.stale && !entry.pending) entry.writes_before = writes;
  }
}

void DeviceCatalog::read_stale_devices(std::unique_lock<std::mutex>& lock) {
  find_written_devices();
  std::vector<ListedDevice> stale;
  for (auto& [name, entry] : shared_->entries) {
    if (!entry.stale || entry.pending) continue;
    entry.pending = true;
    entry.stale = false;
    stale.push_back(entry.listed);
  }
  lock.unlock();
  for (const auto& device : stale) {
    const std::string path = paths_.dev + "/" + device.name;
    const auto done = [shared = shared_, device, paths = paths_](const JobOutcome& outcome) {
      auto tags = outcome.parts.empty() ? Result<DeviceTags>(tl::unexpected(*outcome.error))
                                        : decode_device_tags(outcome.parts.front());
      tags = tags_or_udev(std::move(tags), paths, device.number);
      const std::lock_guard done_lock(shared->mutex);
      const auto found = shared->entries.find(device.name);
      if (found == shared->entries.end()) return;
      Entry& entry = found->second;
      entry.pending = false;
      entry.read_at = now();
      if (!(entry.listed == device)) {  // changed meanwhile: what was read is of no use
        entry.stale = true;
      } else if (tags || !entry.answered) {  // a device that hangs now still carries what it carried
        if (!(entry.tags == tags)) shared->updated = true;
        entry.tags = std::move(tags);
      }
      entry.answered = true;
      shared->answered.notify_all();
    };
    const bool queued = workers_.submit(
        {.key = "device " + device.name, .request = device_tags_request(path), .deadline = deadline_, .done = done});
    if (queued) continue;
    // A worker is still stuck on this device.
    const std::lock_guard stuck_lock(shared_->mutex);
    if (const auto found = shared_->entries.find(device.name); found != shared_->entries.end()) {
      found->second.pending = false;
      found->second.answered = true;
      found->second.stale = true;
    }
  }
  lock.lock();
}

Result<std::shared_ptr<const DeviceInventory>> DeviceCatalog::inventory() {
  std::unique_lock lock(shared_->mutex);
  if (const auto status = list_devices(lock); !status) return tl::unexpected(status.error());
  read_stale_devices(lock);
  shared_->answered.wait_for(lock, deadline_ + std::chrono::milliseconds(500), [&] {
    return std::none_of(shared_->entries.begin(), shared_->entries.end(),
                        [](const auto& entry) { return entry.second.pending && !entry.second.answered; });
  });
  if (!shared_->updated && inventory_) return inventory_;
  auto inventory = std::make_shared<DeviceInventory>();
  for (const auto& [name, entry] : shared_->entries)
    inventory->push_back({.name = name,
                          .path = paths_.dev + "/" + name,
                          .number = entry.listed.number,
                          .size_bytes = entry.listed.size_bytes,
                          .held = entry.listed.held,
                          .tags = entry.tags});
  shared_->updated = false;
  inventory_ = std::move(inventory);
  return inventory_;
}

}  // namespace motoko::sources
