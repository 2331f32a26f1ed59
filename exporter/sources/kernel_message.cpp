#include "exporter/sources/kernel_message.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace motoko::sources {
namespace {

using observation::KernelEventKind;
using Message = std::optional<KernelMessage>;

constexpr std::string_view kUnknownDevice = "unknown";
constexpr std::size_t kMaxDeviceName = 64;  // the kernel's own names have at most 31 bytes (BDEVNAME_SIZE)
constexpr std::size_t kUuidLength = 36;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool take(std::string_view& rest, std::string_view literal) {
  if (!rest.starts_with(literal)) return false;
  rest.remove_prefix(literal.size());
  return true;
}

/// What stands before `mark`; `rest` goes on behind it.
std::optional<std::string_view> take_until(std::string_view& rest, std::string_view mark) {
  const auto end = rest.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const auto taken = rest.substr(0, end);
  rest.remove_prefix(end + mark.size());
  return taken;
}

/// "sdb1", "nvme0n1p1", "dm-0", "cciss!c0d0p1", "2-1.4", "2:0:0:0".
bool is_device_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxDeviceName && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_.!:").find(c) != std::string_view::npos;
  });
}

std::string_view device_or_unknown(std::string_view name) {
  return is_device_name(name) ? name : kUnknownDevice;
}

Message event(KernelEventKind kind, std::string_view device) {
  return StorageEvent{.kind = kind, .device = device_or_unknown(device)};
}

/// The journal "sdb1-8" lives in inode 8 of sdb1; an external one has its device's own name (fs/jbd2/journal.c).
std::string_view journal_device(std::string_view journal) {
  const auto dash = journal.rfind('-');
  if (dash == std::string_view::npos || dash + 1 == journal.size()) return journal;
  const auto inode = journal.substr(dash + 1);
  const auto device = journal.substr(0, dash);
  const bool external_on_mapper = device == "dm";
  return !external_on_mapper && std::all_of(inode.begin(), inode.end(), is_digit) ? device : journal;
}

/// " UUID" at the start of `rest`; empty: something else stands there.
std::string_view uuid_at_start(std::string_view rest) {
  if (!take(rest, " ") || rest.size() <= kUuidLength) return {};
  const auto uuid = rest.substr(0, kUuidLength);
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? uuid[i] != '-' : !is_hex_digit(uuid[i])) return {};
  }
  return rest[kUuidLength] == ' ' || rest[kUuidLength] == '.' ? uuid : std::string_view();
}

/// After "EXT4-fs (DEVICE): ". Counts of errors since fsck and their times are history, not news: no event.
Message file_system_message(std::string_view device, std::string_view rest) {
  if (take(rest, "mounted filesystem")) return FilesystemMounted{device, uuid_at_start(rest)};
  if (take(rest, "re-mounted")) return FilesystemRemounted{device, uuid_at_start(rest)};
  if (rest.starts_with("unmounting filesystem")) return FilesystemUnmounted{device};
  if (rest.starts_with("shut down requested (")) return event(KernelEventKind::ext4_shutdown, device);
  if (rest.starts_with("Remounting filesystem read-only")) return event(KernelEventKind::remount_ro, device);
  if (rest.starts_with("I/O error while writing superblock")) return event(KernelEventKind::io_error, device);
  // Both lose data that a process believes written, and neither comes as "EXT4-fs error".
  if (rest.starts_with("Delayed block allocation failed") || rest.starts_with("failed to convert unwritten extents"))
    return event(KernelEventKind::ext4_error, device);
  return std::nullopt;
}

Message ext4_message(std::string_view rest) {
  const bool error = take(rest, "error (device ");
  if (error || take(rest, "warning (device ")) {
    const auto device = take_until(rest, ")");
    if (!device) return std::nullopt;
    return event(error ? KernelEventKind::ext4_error : KernelEventKind::ext4_warning, *device);
  }
  if (!take(rest, "(")) return std::nullopt;
  const auto device = take_until(rest, "): ");
  if (!device || !is_device_name(*device)) return std::nullopt;
  return file_system_message(*device, rest);
}

/// After "JBD2: ".
Message journal_message(std::string_view rest) {
  if (take(rest, "Detected IO errors while flushing file data on "))
    return event(KernelEventKind::io_error, journal_device(rest));
  if (!rest.starts_with("I/O error ") && !rest.starts_with("Error ")) return std::nullopt;
  if (!take_until(rest, "when updating journal superblock for ")) return std::nullopt;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  return event(KernelEventKind::io_error, journal_device(rest));
}

/// A failure that takes no data with it: nothing was to be read or kept, or the kernel asks again in another way.
bool is_harmless(std::string_view status, std::string_view operation) {
  if (operation == "DISCARD") return true;  // many USB bridges announce it and then refuse
  if (status == "operation not supported" || status == "nonblocking retry") return true;
  return status == "critical target" && operation == "WRITE_ZEROES";  // the zeroes are written out instead
}

/// "I/O error, dev sdb, sector 5 op 0x0:(READ) flags ...", before Linux 5.17 with the function's name in front. What
/// stands before " error" is an open set (blk_errors in block/blk-core.c).
Message block_layer_message(std::string_view text) {
  auto rest = text;
  for (const std::string_view function : {"blk_update_request: ", "print_req_error: ", "end_request: "})
    if (take(rest, function)) break;
  const auto status = take_until(rest, " error, dev ");
  const auto device = status ? take_until(rest, ", sector ") : std::nullopt;
  if (!device) return std::nullopt;
  const bool plausible = !status->empty() && std::all_of(status->begin(), status->end(), [](char c) {
    return is_letter(c) || c == ' ' || c == '/' || c == '-';
  });
  if (!plausible || (!is_device_name(*device) && *device != "?")) return std::nullopt;
  if (*status == "device offline") return event(KernelEventKind::device_offline, *device);
  std::string_view operation;
  if (take_until(rest, " op 0x") && take_until(rest, ":(")) operation = take_until(rest, ")").value_or("");
  if (is_harmless(*status, operation)) return std::nullopt;
  return event(KernelEventKind::io_error, *device);
}

/// "Buffer I/O error on dev D, ..." of fs/buffer.c, "... on device D, ..." of fs/ext4/page-io.c.
Message buffer_message(std::string_view rest) {
  (void)take(rest, "ice");
  if (!take(rest, " ")) return std::nullopt;
  return event(KernelEventKind::io_error, rest.substr(0, rest.find(',')));
}

/// After "usb ". The device is the port: "2-1.4".
Message usb_message(std::string_view rest) {
  const auto port = take_until(rest, ": ");
  if (!port || !is_device_name(*port)) return std::nullopt;
  if (rest.starts_with("USB disconnect, device number")) return event(KernelEventKind::usb_disconnect, *port);
  if (rest.starts_with("reset ") && rest.find(" USB device number ") != std::string_view::npos)
    return event(KernelEventKind::usb_reset, *port);
  return std::nullopt;
}

/// "sd 2:0:0:0: [sda] rejecting I/O to offline device"; the name in brackets is often missing.
Message scsi_message(std::string_view text) {
  auto rest = text;
  const auto driver = take_until(rest, " ");
  if (!driver || !std::all_of(driver->begin(), driver->end(), is_letter)) return std::nullopt;
  const auto address = take_until(rest, ": ");
  if (!address) return std::nullopt;
  const bool is_address = std::count(address->begin(), address->end(), ':') == 3 &&
                          std::all_of(address->begin(), address->end(), [](char c) { return is_digit(c) || c == ':'; });
  if (!is_address) return std::nullopt;
  auto device = *address;
  if (take(rest, "[")) {
    const auto name = take_until(rest, "] ");
    if (!name) return std::nullopt;
    device = *name;
  }
  if (rest.starts_with("Attached SCSI ")) return DiskAttached{device};
  for (const std::string_view gone :
       {"rejecting I/O to offline device", "rejecting I/O to dead device", "Device offlined - "})
    if (rest.starts_with(gone)) return event(KernelEventKind::device_offline, device);
  return std::nullopt;
}

/// "loop0: detected capacity change from 131072 to 0", or from 0 when a medium comes; any other is a resize.
Message capacity_message(std::string_view text) {
  auto rest = text;
  const auto device = take_until(rest, ": ");
  if (!device || !is_device_name(*device) || !take(rest, "detected capacity change from ")) return std::nullopt;
  const auto before = take_until(rest, " to ");
  if (!before) return std::nullopt;
  if (rest == "0") return event(KernelEventKind::device_offline, *device);
  return *before == "0" ? Message(DiskAttached{*device}) : std::nullopt;
}

struct SuppressedKind {
  std::string_view function;
  KernelEventKind kind;
};

/// What lib/ratelimit.c prints in front: the name its caller gave, else the function's.
constexpr std::array kSuppressedKinds = {
    SuppressedKind{"EXT4-fs error", KernelEventKind::ext4_error},
    SuppressedKind{"EXT4-fs warning", KernelEventKind::ext4_warning},
    SuppressedKind{"blk_print_req_error", KernelEventKind::io_error},
    SuppressedKind{"print_req_error", KernelEventKind::io_error},
    SuppressedKind{"blk_update_request", KernelEventKind::io_error},
    SuppressedKind{"buffer_io_error", KernelEventKind::io_error},
};

/// "NAME: N callbacks suppressed".
Message suppressed_message(std::string_view text) {
  auto rest = text;
  const auto name = take_until(rest, ": ");
  if (!name) return std::nullopt;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  if (error != std::errc() || rest.substr(static_cast<std::size_t>(end - rest.data())) != " callbacks suppressed")
    return std::nullopt;
  if (*name == "EXT4-fs mount" || *name == "EXT4-fs unmount") return MountMessagesSuppressed{};
  if (*name == "EXT4-fs") return FilesystemMessagesSuppressed{};
  for (const auto& [function, kind] : kSuppressedKinds)
    if (*name == function) return StorageEvent{.kind = kind, .device = kUnknownDevice, .count = count};
  return std::nullopt;
}

}  // namespace

std::optional<KernelMessage> classify_kernel_message(std::string_view text) {
  if (text.ends_with(" callbacks suppressed")) return suppressed_message(text);
  auto rest = text;
  if (take(rest, "EXT4-fs ")) return ext4_message(rest);
  if (take(rest, "JBD2: ")) return journal_message(rest);
  if (take(rest, "Aborting journal on device ")) {
    if (rest.ends_with('.')) rest.remove_suffix(1);
    return event(KernelEventKind::journal_abort, journal_device(rest));
  }
  if (take(rest, "Buffer I/O error on dev")) return buffer_message(rest);
  if (take(rest, "usb ")) return usb_message(rest);
  if (auto message = block_layer_message(text)) return message;
  if (auto message = capacity_message(text)) return message;
  return scsi_message(text);
}

}  // namespace motoko::sources
