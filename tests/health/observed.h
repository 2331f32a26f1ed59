// Observations for the rules' tests: a healthy mount to spoil one thing of.
#pragma once

#include "exporter/observation/observation.h"

namespace motoko::health {

inline constexpr observation::DeviceNumber kDisk{8, 17};
inline const std::string kUuid = "f54cf57c-e434-45f5-bde3-cc706ffbe849";

inline base::Instant test_now() {
  return {base::WallTime(std::chrono::seconds(1'795'000'000)), base::MonotonicTime(std::chrono::hours(100))};
}

inline observation::LayerObservation healthy_layer() {
  return {.layer = {.id = 40,
                    .parent_id = 1,
                    .device = kDisk,
                    .root = "/",
                    .target = "/time",
                    .fs_type = "ext4",
                    .source = "/dev/sdb1",
                    .super_options = "rw"},
          .device_name = "sdb1",
          .device_exists = true,
          .device_tags = observation::DeviceTags{kUuid, "", "", "", "ext4"},
          .flags = observation::SuperblockFlags{}};
}

inline observation::BlockDevice expected_device() {
  return {.name = "sdb1",
          .path = "/dev/sdb1",
          .number = kDisk,
          .size_bytes = 1000,
          .held = false,
          .tags = observation::DeviceTags{kUuid, "", "", "", "ext4"}};
}

inline observation::MountObservation healthy_mount() {
  observation::GuardedMount guard;
  guard.path = "/time";
  guard.device = {observation::DeviceTag::uuid, kUuid};
  guard.fs_type = "ext4";
  const observation::ProbeOutcome success{.error = {}, .duration = base::Seconds(0.001)};
  return {.guard = guard,
          .layers = std::vector{healthy_layer()},
          .candidates = std::vector{expected_device()},
          .ext4 = observation::Ext4Counters{},
          .disk = observation::DiskIdentity{"WDC", "STGVU4GW"},
          .detached = std::vector<std::string>(),
          .probes = observation::MountProbes{.statfs = success,
                                             .read = success,
                                             .write = base::failure(std::errc::no_message_available, "not asked for"),
                                             .usage = observation::FilesystemUsage{1000, 600, 500, 100, 90}},
          .shadowed_entries = {},
          .recent_kernel_errors = std::uint64_t{0},
          .backups = {}};
}

inline observation::MountObservation not_mounted() {
  auto mount = healthy_mount();
  mount.layers = std::vector<observation::LayerObservation>();
  mount.probes.reset();
  mount.ext4.reset();
  mount.shadowed_entries = std::uint64_t{0};
  return mount;
}

inline observation::Observation observation_of(observation::MountObservation mount) {
  return {.time = test_now(),
          .mounts = {std::move(mount)},
          .samba = observation::SambaState{.running = true, .responding = true, .detail = {}},
          .kernel_log = std::make_shared<const observation::KernelLog>(),
          .collectors = {},
          .kernel_log_window = std::chrono::minutes(15)};
}

inline base::Error no_permission() {
  return {std::make_error_code(std::errc::permission_denied), "open"};
}

}  // namespace motoko::health
