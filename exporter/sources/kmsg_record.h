// The syntax of one record of /dev/kmsg (kernel: Documentation/ABI/testing/dev-kmsg). What its text means is
// kernel_message's matter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motoko::sources {

/// "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS[,...];TEXT\n", then " KEY=value\n" lines, which are left out.
struct KmsgRecord {
  unsigned priority = 0;  // facility * 8 + level (syslog(3))
  std::uint64_t sequence = 0;
  std::chrono::microseconds time{0};  // since boot, on the kernel's local clock
  std::string_view text;              // escaped as the kernel wrote it; a part of the record that was parsed
  bool operator==(const KmsgRecord&) const = default;
};

/// Nothing: this is no such record. Fields that a later kernel adds before the ';' are skipped.
[[nodiscard]] std::optional<KmsgRecord> parse_kmsg_record(std::string_view record);

/// Written by the kernel itself. Whoever may write to /dev/kmsg can put any text there, but the kernel forces the
/// facility of such a record to 1 or more.
[[nodiscard]] bool is_from_kernel(const KmsgRecord& record);

/// The text with \xNN turned back into bytes; the kernel escapes what is not printable ASCII, and the backslash.
[[nodiscard]] std::string unescape_kmsg(std::string_view text);

}  // namespace motoko::sources
