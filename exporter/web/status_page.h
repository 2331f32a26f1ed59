// The exporter's page for a person: what is wrong, at a glance, and then everything that was seen. A view model, so
// that the page knows nothing of observations and rules; all its texts may come from disks and kernels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/clock.h"

namespace motoko::web {

/// As the check report has it. `unknown`: something could not be read.
enum class Level { ok, warning, critical, unknown };

struct FindingView {
  std::string code;  // of the contract: "stale_layer"
  Level severity = Level::unknown;
  std::string detail;
};

/// One layer of a stack of mounts.
struct LayerView {
  std::string device;   // "/dev/sdb1"
  std::string options;  // the file system's: "rw,shutdown"
  bool dead = false;
  std::string reason;  // why it is dead
};

struct SpaceView {
  std::uint64_t size_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::uint64_t min_available_bytes = 0;
};

struct ProbeView {
  std::string name;             // "read"
  std::optional<bool> success;  // none: it proves nothing, `detail` says why
  std::string detail;
  std::optional<base::Seconds> duration;
};

struct Ext4View {
  std::uint64_t errors = 0;  // until fsck
  std::optional<std::uint64_t> warnings;
  std::optional<base::WallTime> last_error;
  bool operator==(const Ext4View&) const = default;
};

/// Empty strings and none: not known.
struct MountView {
  std::string path;
  Level level = Level::unknown;
  std::vector<FindingView> findings;
  std::string device;
  std::string expected_device;  // as fstab names it
  std::string uuid;
  std::string fs_type;
  std::string disk_model;
  std::string disk_serial;
  std::string which_disk;         // the configured text for people
  std::vector<LayerView> layers;  // bottom to top
  std::optional<SpaceView> space;
  std::vector<ProbeView> probes;
  std::optional<Ext4View> ext4;
  std::optional<std::uint64_t> recent_kernel_errors;
  bool time_machine = false;
  std::optional<bool> guarded;  // nothing can be written to the bare directory
};

struct SambaView {
  Level level = Level::unknown;
  std::optional<bool> running;
  std::optional<bool> responding;
  std::string detail;
  std::vector<FindingView> findings;
};

struct BackupView {
  std::string mountpoint;
  std::string bundle;
  std::optional<base::WallTime> last_completed;
  bool overdue = false;
  std::string note;  // why there is no time: "none completed yet", an error
};

struct KernelEventView {
  base::WallTime time;
  std::string device;
  std::string kind;
  std::uint64_t count = 1;
  std::string text;
};

struct CollectorView {
  std::string name;
  std::string error;  // empty: success
  base::Seconds duration{0};
};

struct StatusPage {
  Level level = Level::unknown;
  std::string host;
  base::WallTime observed;
  base::WallTime now;  // ages are counted from here
  std::vector<MountView> mounts;
  std::optional<SambaView> samba;           // none: not watched
  std::vector<FindingView> other_findings;  // that belong neither to a mount nor to Samba
  std::vector<BackupView> backups;
  std::vector<KernelEventView> kernel_events;  // newest first
  std::vector<CollectorView> collectors;
  std::string version;
  std::string config_file;  // for the page that says how to go on; empty: none
  std::string metrics_path = "/metrics";
};

/// The whole page, HTML5 in UTF-8 whatever the bytes in the model are. No scripts, nothing from elsewhere.
[[nodiscard]] std::string render(const StatusPage& page);

}  // namespace motoko::web
