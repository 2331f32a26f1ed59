// A disk that can be made to hang or to fail: a LoopDisk whose backing file is served by a FUSE daemon of the test's.
#pragma once

#include <optional>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/loop_disk.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

/// Needs a private mount namespace (MOTOKO_REQUIRE_ROOT) and /dev/fuse. The end never hangs: the daemon is killed,
/// which fails all waiting I/O with EIO, before anything is unmounted. The kernel kills the daemon with the test
/// process too.
class FuseDisk {
 public:
  explicit FuseDisk(const Ext4Options& options = {});
  FuseDisk(const FuseDisk&) = delete;
  FuseDisk& operator=(const FuseDisk&) = delete;
  ~FuseDisk();

  [[nodiscard]] LoopDisk& disk() { return *disk_; }

  /// The backing file of the disk's loop device, on the FUSE file system.
  [[nodiscard]] std::string served_file() const { return mountpoint_ + "/disk"; }

  /// No request is answered any more: what needs the disk blocks in uninterruptible sleep. Returns when that is so.
  void hang();
  /// Everything that waited is answered.
  void answer();
  /// From now on reads (writes and flushes) of the disk give EIO, or no longer do.
  void fail_reads(bool fail);
  void fail_writes(bool fail);

 private:
  void set_fault(const char* name, bool on);

  TempDir directory_;
  std::string mountpoint_;  // of the FUSE file system, not of the disk
  std::optional<ChildProcess> daemon_;
  std::optional<LoopDisk> disk_;
};

}  // namespace motoko::testing
