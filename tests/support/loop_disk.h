// A disk of a test's own: an ext4 file system in a file on a loop device, and the faults that can be made on it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/loop_device.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

struct Ext4Options {
  std::uint64_t size_bytes = 16 << 20;
  std::string uuid = {};                         // empty: a random one
  std::string label = {};                        // at most 16 bytes
  std::string errors = "continue";               // what ext4 does on an error: "continue" or "remount-ro"
  std::vector<std::string> mkfs_arguments = {};  // further ones, as mkfs.ext4(8) takes them
};

/// A random UUID in its usual form.
[[nodiscard]] std::string random_uuid();

/// Makes the file `path` with an ext4 file system in it. Throws with what mkfs.ext4 said.
void make_ext4_image(const std::string& path, const Ext4Options& options);

/// One such disk. Needs a private mount namespace (MOTOKO_REQUIRE_ROOT). Throws std::system_error where a step fails.
/// At the end its mounts are lazily detached and the device is freed; declare it after what must outlive it.
class LoopDisk {
 public:
  explicit LoopDisk(const Ext4Options& options = {});
  /// On an image that exists already (with that UUID in it), not removed at the end.
  LoopDisk(const std::string& image, std::string uuid);
  LoopDisk(LoopDisk&&) = default;
  LoopDisk& operator=(LoopDisk&&) = delete;
  ~LoopDisk();

  // What follows stays as it was when the disk is detached.
  [[nodiscard]] std::string device() const { return "/dev/" + attachment_.name; }  // "/dev/loop3"
  [[nodiscard]] const std::string& name() const { return attachment_.name; }       // "loop3"
  [[nodiscard]] const LoopAttachment& attachment() const { return attachment_; }
  [[nodiscard]] const std::string& uuid() const { return uuid_; }

  void mount(const std::string& path, const std::string& options = "");
  void unmount(const std::string& path) const;
  void lazy_unmount(const std::string& path) const;

  /// What was written through the mounts reaches the image; a mount that cannot do that any more is left alone.
  void flush() const;

  /// As if the device were gone for the file system mounted there: ext4's shutdown ioctl, without flushing the journal.
  void shutdown(const std::string& mountpoint) const;
  /// Makes ext4 report an error of its own; it then does what Ext4Options::errors says.
  void trigger_fs_error() const;
  /// The medium is gone: the capacity becomes 0 and every read fails. What was on it is kept for restore().
  void vanish();
  /// The medium is back in the same device, with what was on it.
  void restore();
  /// Lets go of the device: the kernel frees it as soon as nothing is mounted from it. Waits up to 5 s for that where
  /// nothing should be; returns whether it is free.
  bool detach();
  /// The same disk behind another device, as after a replug: what vanish() kept, else the same image a second time.
  [[nodiscard]] LoopDisk attach_again() const;
  /// Another disk with the same content, UUID included, as after dd.
  [[nodiscard]] LoopDisk copy_with_same_uuid() const;

  /// ext4's own attribute under /sys/fs/ext4/DEVICE, first line; empty: not there.
  [[nodiscard]] std::string ext4_attribute(const std::string& attribute) const;

 private:
  [[nodiscard]] std::string kept_image() const { return image_ + ".kept"; }

  std::shared_ptr<TempDir> directory_;  // shared with what attach_again() made; none: the image is somebody else's
  std::string image_;
  std::string uuid_;
  std::unique_ptr<LoopDevice> device_;  // none: detached
  LoopAttachment attachment_;
  std::vector<std::string> mountpoints_;
};

}  // namespace motoko::testing
