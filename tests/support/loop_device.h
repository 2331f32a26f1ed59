// One loop device of the kernel, attached to a file.
#pragma once

#include <string>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {

/// One attachment: a device's number may be used again by others, the tag is not.
struct LoopAttachment {
  std::string name;  // "loop3"
  std::string tag;   // given to the kernel when attaching (lo_file_name)
};

/// Whether the kernel still has it. Blocks while a disk under it hangs, as losetup does.
[[nodiscard]] bool is_attached(const LoopAttachment& attachment);

/// Removes the number of a device that nothing is attached to; gives up after 100 ms where something still is. For what
/// a killed process left behind.
void remove_free_device(const std::string& name);

/// Attached at once, to a device with a number that nobody had before: what the kernel's log says of the name is about
/// this one. The kernel frees the device when this object is gone and nobody uses it any more, also when this process
/// was killed (LO_FLAGS_AUTOCLEAR, loop(4)). The free number is removed then, but for a killed process.
class LoopDevice {
 public:
  /// Throws std::system_error.
  explicit LoopDevice(const std::string& backing_file);
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  ~LoopDevice();

  [[nodiscard]] const LoopAttachment& attachment() const { return attachment_; }

  /// Takes over the present size of the backing file, as a medium that was changed. Throws std::system_error.
  void reread_capacity() const;

 private:
  bool made_node_ = false;
  base::UniqueFd device_;  // keeps the device while nothing is mounted
  LoopAttachment attachment_;
};

}  // namespace motoko::testing
