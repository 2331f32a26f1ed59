// What one text of the kernel log says about storage. The wordings are those of Linux 5.10 to 7.3, from
// fs/ext4/super.c, fs/jbd2/journal.c, fs/buffer.c, block/blk-mq.c, drivers/usb/core, drivers/scsi and lib/ratelimit.c.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "exporter/observation/kernel_event.h"

namespace motoko::sources {

/// Every view is a part of the text that was classified, or a constant.
struct StorageEvent {
  observation::KernelEventKind kind = observation::KernelEventKind::io_error;
  std::string_view device;  // "unknown" where the kernel named none
  std::uint64_t count = 1;  // more than 1: messages that the kernel suppressed
  bool operator==(const StorageEvent&) const = default;
};

/// `uuid` is empty where the kernel prints none.
struct FilesystemMounted {
  std::string_view device;
  std::string_view uuid;
  bool operator==(const FilesystemMounted&) const = default;
};
struct FilesystemRemounted {
  std::string_view device;
  std::string_view uuid;
  bool operator==(const FilesystemRemounted&) const = default;
};
struct FilesystemUnmounted {
  std::string_view device;
  bool operator==(const FilesystemUnmounted&) const = default;
};

/// Another disk is behind this name from now on.
struct DiskAttached {
  std::string_view device;
  bool operator==(const DiskAttached&) const = default;
};

/// "EXT4-fs mount: N callbacks suppressed": some file systems came or went without a message.
struct MountMessagesSuppressed {
  bool operator==(const MountMessagesSuppressed&) const = default;
};
/// "EXT4-fs: N callbacks suppressed": some file system said something, maybe that it was shut down or went read-only.
struct FilesystemMessagesSuppressed {
  bool operator==(const FilesystemMessagesSuppressed&) const = default;
};

using KernelMessage = std::variant<StorageEvent, FilesystemMounted, FilesystemRemounted, FilesystemUnmounted,
                                   DiskAttached, MountMessagesSuppressed, FilesystemMessagesSuppressed>;

/// Nothing: not about storage, or harmless, or old news. Patterns are anchored at the start, because names of
/// processes, products and files stand in the middle of messages and may say anything.
[[nodiscard]] std::optional<KernelMessage> classify_kernel_message(std::string_view text);

}  // namespace motoko::sources
