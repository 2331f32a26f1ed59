// The configuration, typed. load_config() makes it from YAML; everything else only reads it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/space_threshold.h"

namespace motoko::config {

// Each member has an initializer, so that designated initializers may name only what matters.

inline constexpr base::SpaceRatio kDefaultMinAvailable{0.05};
inline constexpr std::chrono::seconds kDefaultMaxBackupAge = std::chrono::hours(72);

struct MountConfig {
  std::string path{};  // absolute, normalized, no trailing slash
  base::SpaceThreshold min_available = kDefaultMinAvailable;
  bool time_machine = false;
  std::chrono::seconds max_backup_age = kDefaultMaxBackupAge;
  std::string disk{};
  int line = 0;  // in the file, for messages found later (not in fstab); 0: not from a file
  bool operator==(const MountConfig&) const = default;
};

enum class SambaControl { systemd, command };

struct SambaConfig {
  bool enabled = true;
  std::string unit = "auto";
  std::string address = "127.0.0.1:445";
  SambaControl control = SambaControl::systemd;
  std::vector<std::string> start_command{};  // argv; only with control: command
  std::vector<std::string> stop_command{};
  bool operator==(const SambaConfig&) const = default;
};

struct ProbeConfig {
  std::chrono::milliseconds deadline = std::chrono::seconds(2);
  std::optional<std::chrono::seconds> write_interval{};  // none: off
  bool operator==(const ProbeConfig&) const = default;
};

enum class RemediationMode { off, shadow, on };
enum class Executor { systemd, direct };
enum class FsckPolicy { never, on_errors, always };

struct RemediationConfig {
  RemediationMode mode = RemediationMode::on;
  Executor executor = Executor::systemd;
  FsckPolicy fsck = FsckPolicy::on_errors;
  bool kill_holders = false;
  std::chrono::seconds cooldown = std::chrono::minutes(5);
  unsigned max_attempts = 3;
  std::chrono::seconds attempt_window = std::chrono::hours(1);
  std::chrono::seconds settle = std::chrono::seconds(10);
  std::string state_dir = "/var/lib/motoko";
  bool operator==(const RemediationConfig&) const = default;
};

struct WebhookConfig {
  std::string bearer_token_file{};
  std::map<std::string, std::string> match_labels{};
  bool operator==(const WebhookConfig&) const = default;
};

struct Config {
  std::string file{};  // where it came from; empty: the built-in defaults
  std::string fstab = "/etc/fstab";
  std::optional<std::vector<MountConfig>> mounts{};  // none: what fstab names by UUID=, LABEL=, PARTUUID= or PARTLABEL=
  SambaConfig samba{};
  std::chrono::seconds kernel_log_window = std::chrono::minutes(15);
  ProbeConfig probe{};
  RemediationConfig remediation{};
  WebhookConfig webhook{};
  bool operator==(const Config&) const = default;
};

}  // namespace motoko::config
