// The host in the words of a fix: all it sees and all it changes. The real one is wired in app/, the one that only
// imagines is dry_run_host.h, the one of the tests is in tests/remediation.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/observation/observation.h"

namespace motoko::remediation {

using base::Result;
using base::Status;
using std::chrono::milliseconds;

/// What keeps an unmounted file system alive. `pid` 0: not a process.
struct Holder {
  pid_t pid = 0;
  std::string name;  // "rsync"
  std::string how;   // "an open file"
  bool operator==(const Holder&) const = default;
};

/// How a check of a file system ended.
struct FilesystemCheck {
  int exit_code = 0;  // e2fsck(8)
  std::string said;   // for people
  bool operator==(const FilesystemCheck&) const = default;
};

/// What a client of Samba saw on the shares of the guarded mounts.
struct ShareListing {
  std::vector<std::string> listed;
  std::vector<std::string> asks_for_user;  // answered, but lets no guest in
  std::vector<std::string> failed;         // "time: NT_STATUS_IO_DEVICE_ERROR"
  std::string not_tried;                   // why nothing could be asked; empty: it could
  bool operator==(const ShareListing&) const = default;
};

/// Every call returns within about its deadline, whatever the disk does; error timed_out: it goes on by itself.
class Host {
 public:
  virtual ~Host() = default;

  // Seeing.

  /// Nothing in it is remembered from before. Every guarded mount is also written to, unless fstab says "ro".
  virtual observation::Observation look() = 0;
  virtual Result<observation::MountStack> layers(const std::string& path) = 0;
  /// The block devices that fstab's name stands for now. Error: they cannot be told.
  virtual Result<std::vector<observation::BlockDevice>> devices_of(const observation::GuardedMount& guard) = 0;
  /// Something has the device for itself: a file system that is mounted or lives on unmounted, or e2fsck.
  virtual Result<bool> device_in_use(const observation::BlockDevice& device) = 0;
  /// Of a live superblock, mounted or not. Error: there is none, or the kernel does not print them.
  virtual Result<observation::SuperblockFlags> superblock_flags(const observation::BlockDevice& device) = 0;
  virtual Result<std::vector<Holder>> holders_of(const observation::BlockDevice& device) = 0;
  virtual Result<bool> errors_recorded(const observation::BlockDevice& device) = 0;
  /// Samba's main process of this host. None: no smbd runs.
  virtual Result<std::optional<pid_t>> smbd() = 0;
  /// A file system of that device is alive, mounted or not.
  virtual Result<bool> superblock_alive(const observation::BlockDevice& device) = 0;
  virtual ShareListing list_shares(milliseconds deadline) = 0;

  // Changing.

  /// How Samba is controlled, for people: "smbd.service", "the configured commands".
  [[nodiscard]] virtual std::string samba_name() const = 0;
  virtual Status stop_samba(milliseconds deadline) = 0;
  virtual Status start_samba(milliseconds deadline) = 0;
  /// Lazily, the one layer on top. Success is the call's; read layers() for what became of it.
  virtual Status detach_top_layer(const std::string& path, milliseconds deadline) = 0;
  virtual Status end_holders(const std::vector<Holder>& holders) = 0;
  virtual Result<FilesystemCheck> check_filesystem(const observation::BlockDevice& device, milliseconds deadline) = 0;
  virtual Status mount(const observation::GuardedMount& guard, const observation::BlockDevice& device,
                       milliseconds deadline) = 0;

  // Time, so that a test needs none.
  virtual base::Instant now() = 0;
  virtual void wait(milliseconds duration) = 0;
};

}  // namespace motoko::remediation
