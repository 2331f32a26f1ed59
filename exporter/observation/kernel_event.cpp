#include "exporter/observation/kernel_event.h"

namespace motoko::observation {

std::string_view to_string(KernelEventKind kind) {
  switch (kind) {
    case KernelEventKind::ext4_error:
      return "ext4_error";
    case KernelEventKind::ext4_warning:
      return "ext4_warning";
    case KernelEventKind::ext4_shutdown:
      return "ext4_shutdown";
    case KernelEventKind::journal_abort:
      return "journal_abort";
    case KernelEventKind::io_error:
      return "io_error";
    case KernelEventKind::remount_ro:
      return "remount_ro";
    case KernelEventKind::usb_disconnect:
      return "usb_disconnect";
    case KernelEventKind::usb_reset:
      return "usb_reset";
    case KernelEventKind::device_offline:
      return "device_offline";
  }
  return "unknown";
}

}  // namespace motoko::observation
