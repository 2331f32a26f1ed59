// A host of the tests: imagines what each action does, records it, and fails on request.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "exporter/remediation/dry_run_host.h"
#include "tests/health/observed.h"

namespace motoko::remediation {

using Calls = std::vector<std::string>;

inline base::Error broken(std::errc code = std::errc::io_error) {
  return {std::make_error_code(code), "made to fail"};
}

class FakeHost : public DryRunHost {
 public:
  using DryRunHost::DryRunHost;

  /// The action ("start samba", "mount /time") fails and does nothing.
  void fail_on(const std::string& action, base::Error error = broken()) { failures_[action] = std::move(error); }
  /// It says it failed, and did it all the same.
  void lie_about(const std::string& action) { lies_[action] = broken(); }
  [[nodiscard]] const Calls& calls() const { return calls_; }

  std::vector<Holder> holders;  // of any device; in use while there are some
  Result<bool> recorded_errors = false;
  FilesystemCheck check = {.exit_code = 0, .said = "clean"};
  ShareListing shares = {.listed = {"time"}, .asks_for_user = {}, .failed = {}, .not_tried = ""};
  Result<observation::SuperblockFlags> flags = base::errno_error(ENOENT, "no superblock");
  int smbd_lingers = 0;  // looks until the last smbd is gone
  bool held_without_a_name = false;
  Result<bool> alive = true;    // what holds the device is a file system
  bool layer_stays = false;     // detaching does nothing
  int slow_looks = 0;           // after the first wait of a second or more, so many looks find the disk slow
  std::string dies_after_wait;  // this mountpoint is not mounted any more after a wait of a second or more
  milliseconds waited{0};

  /// What a person or the kernel does to the host meanwhile.
  observation::MountObservation& mount_at(const std::string& path) { return *find(path); }
  observation::Observation& seen() { return imagined_; }

  observation::Observation look() override {
    calls_.emplace_back("look");
    if (waited < std::chrono::seconds(1) || slow_looks <= 0 || slow_looks-- <= 0) return imagined_;
    auto slow = imagined_;
    slow.mounts.front().probes->write = observation::ProbeOutcome{
        .error = base::Error{std::make_error_code(std::errc::timed_out), "write"}, .duration = {}};
    return slow;
  }
  Result<bool> device_in_use(const observation::BlockDevice& device) override {
    if (const auto failure = failure_of("open " + device.path)) return tl::unexpected(*failure);
    if (!holders.empty() || held_without_a_name) return true;
    return DryRunHost::device_in_use(device);
  }
  Result<observation::SuperblockFlags> superblock_flags(const observation::BlockDevice&) override { return flags; }
  Result<std::vector<Holder>> holders_of(const observation::BlockDevice&) override { return holders; }
  Result<bool> errors_recorded(const observation::BlockDevice&) override { return recorded_errors; }
  Result<std::optional<pid_t>> smbd() override {
    if (smbd_lingers > 0 && smbd_lingers-- > 0) return 4242;
    return DryRunHost::smbd();
  }
  [[nodiscard]] bool smbd_runs() { return smbd()->has_value(); }
  Result<bool> superblock_alive(const observation::BlockDevice&) override { return alive; }
  ShareListing list_shares(milliseconds) override { return shares; }
  Status stop_samba(milliseconds deadline) override {
    return act("stop samba", [&] { return DryRunHost::stop_samba(deadline); });
  }
  Status start_samba(milliseconds deadline) override {
    return act("start samba", [&] { return DryRunHost::start_samba(deadline); });
  }
  Status detach_top_layer(const std::string& path, milliseconds deadline) override {
    return act("detach " + path, [&]() -> Status {
      if (layer_stays) return {};
      return DryRunHost::detach_top_layer(path, deadline);
    });
  }
  Status end_holders(const std::vector<Holder>& ended) override {
    return act("end holders", [&]() -> Status {
      EXPECT_EQ(ended, holders);
      holders.clear();
      return {};
    });
  }
  Result<FilesystemCheck> check_filesystem(const observation::BlockDevice& device, milliseconds) override {
    if (const auto done = act("check " + device.path, []() -> Status { return {}; }); !done)
      return tl::unexpected(done.error());
    return check;
  }
  Status mount(const observation::GuardedMount& guard, const observation::BlockDevice& device,
               milliseconds deadline) override {
    return act("mount " + device.path + " on " + guard.path,
               [&] { return DryRunHost::mount(guard, device, deadline); });
  }
  void wait(milliseconds duration) override {
    waited += duration;
    DryRunHost::wait(duration);
    if (duration >= std::chrono::seconds(1) && !dies_after_wait.empty())
      (void)DryRunHost::detach_top_layer(dies_after_wait, duration);
  }

 private:
  [[nodiscard]] const base::Error* failure_of(const std::string& action) const {
    const auto found = failures_.find(action);
    return found == failures_.end() ? nullptr : &found->second;
  }
  template <typename Action>
  Status act(const std::string& name, Action action) {
    calls_.push_back(name);
    if (const auto* failure = failure_of(name)) return tl::unexpected(*failure);
    const Status done = action();
    if (const auto lie = lies_.find(name); lie != lies_.end()) return tl::unexpected(lie->second);
    return done;
  }

  std::map<std::string, base::Error> failures_;
  std::map<std::string, base::Error> lies_;
  Calls calls_;
};

/// The calls without the looks.
inline Calls changes(const FakeHost& host) {
  Calls calls;
  for (const auto& call : host.calls())
    if (call != "look") calls.push_back(call);
  return calls;
}

// Observations of broken hosts.

/// A mount like health::healthy_mount() at another place, with a device of its own.
inline observation::MountObservation mount_named(const std::string& path, const std::string& device_name,
                                                 unsigned minor) {
  auto mount = health::healthy_mount();
  const std::string uuid = "7f5e508d-fcac-4d18-80ca-84c857b2" + std::to_string(1000 + minor);
  const observation::DeviceTags tags{uuid, "", "", "", "ext4"};
  mount.guard.path = path;
  mount.guard.device.value = uuid;
  mount.candidates = std::vector{observation::BlockDevice{.name = device_name,
                                                          .path = "/dev/" + device_name,
                                                          .number = {8, minor},
                                                          .size_bytes = 1000,
                                                          .held = false,
                                                          .tags = tags}};
  auto& layer = mount.layers->front();
  layer.layer.id = static_cast<int>(100 + minor);
  layer.layer.device = {8, minor};
  layer.layer.target = path;
  layer.layer.source = "/dev/" + device_name;
  layer.device_name = device_name;
  layer.device_tags = tags;
  return mount;
}

/// The incident: two dead layers on /time, the disk back as another device.
inline observation::MountObservation incident_on_time() {
  auto mount = mount_named("/time", "sdd1", 49);
  const auto dead = [&](const std::string& name, unsigned minor, int id) {
    auto layer = health::healthy_layer();
    layer.layer.id = id;
    layer.layer.device = {8, minor};
    layer.layer.source = "/dev/" + name;
    layer.device_name = name;
    layer.device_exists = false;
    layer.device_tags = base::errno_error(ENODEV, name);
    layer.flags = observation::SuperblockFlags{.read_only = false, .emergency_ro = true, .shutdown = true};
    return layer;
  };
  mount.layers = std::vector{dead("sdb1", 17, 40), dead("sdc1", 33, 41)};
  mount.ext4.reset();
  mount.probes->read = observation::ProbeOutcome{
      .error = base::Error{std::make_error_code(std::errc::io_error), "read"}, .duration = {}};
  return mount;
}

inline observation::Observation host_with(std::vector<observation::MountObservation> mounts) {
  auto observation = health::observation_of(health::healthy_mount());
  observation.mounts = std::move(mounts);
  return observation;
}

/// The rows of a mount table that the observation stands for.
inline observation::MountTable table_of(const observation::Observation& observation) {
  observation::MountTable table;
  for (const auto& mount : observation.mounts)
    if (mount.layers)
      for (const auto& layer : *mount.layers) table.push_back(layer.layer);
  return table;
}

}  // namespace motoko::remediation
