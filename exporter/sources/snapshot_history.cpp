#include "exporter/sources/snapshot_history.h"

#include <fcntl.h>
#include <plist/plist.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "exporter/base/file.h"
#include "exporter/base/text.h"
#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"

namespace motoko::sources {
namespace {

using base::Result;
using base::WallTime;

constexpr std::chrono::seconds kAppleEpoch{978'307'200};  // 2001-01-01 UTC, where dates of property lists begin
constexpr std::chrono::hours kToleratedFuture{24};
constexpr rlim_t kParserMemoryBytes = 256 << 20;
constexpr rlim_t kParserCpuSeconds = 1;  // 8000 snapshots take 0.02

struct FreePlist {
  void operator()(void* plist) const { ::plist_free(plist); }
};
struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};

/// Nothing: the snapshot has no date of its completion.
std::optional<std::int32_t> completion_date(plist_t snapshot) {
  if (::plist_get_node_type(snapshot) != PLIST_DICT) return std::nullopt;
  plist_t const date = ::plist_dict_get_item(snapshot, "com.apple.backupd.SnapshotCompletionDate");
  if (date == nullptr || ::plist_get_node_type(date) != PLIST_DATE) return std::nullopt;
  std::int32_t seconds = 0;  // what does not fit becomes the smallest number
  std::int32_t microseconds = 0;
  ::plist_get_date_val(date, &seconds, &microseconds);
  return seconds;
}

Result<WallTime> parse(std::string_view text, WallTime now) {
  const auto malformed = [](const char* what) { return base::failure(std::errc::bad_message, what); };
  plist_t parsed = nullptr;
  ::plist_from_memory(text.data(), static_cast<std::uint32_t>(text.size()), &parsed);
  if (parsed == nullptr) return malformed("no property list, or a truncated one");
  const std::unique_ptr<void, FreePlist> plist(parsed);
  if (::plist_get_node_type(parsed) != PLIST_DICT) return malformed("not a dictionary");
  plist_t const snapshots = ::plist_dict_get_item(parsed, "Snapshots");
  if (snapshots == nullptr) return base::failure(std::errc::no_message_available, "no completed backup yet");
  if (::plist_get_node_type(snapshots) != PLIST_ARRAY) return malformed("Snapshots is not an array");
  if (::plist_array_get_size(snapshots) == 0)
    return base::failure(std::errc::no_message_available, "no completed backup yet");

  plist_array_iter made = nullptr;
  ::plist_array_new_iter(snapshots, &made);
  const std::unique_ptr<void, FreeMemory> iterator(made);
  std::optional<std::int32_t> newest;
  for (plist_t snapshot = nullptr;;) {
    ::plist_array_next_item(snapshots, made, &snapshot);
    if (snapshot == nullptr) break;
    const auto date = completion_date(snapshot);
    if (!date) continue;
    if (*date <= 0) return base::failure(std::errc::result_out_of_range, "a snapshot has an impossible date");
    newest = std::max(newest.value_or(0), *date);
  }
  if (!newest) return malformed("no snapshot has a date of completion");
  const WallTime time{kAppleEpoch + std::chrono::seconds(*newest)};
  if (time > now + kToleratedFuture)
    return base::failure(std::errc::result_out_of_range,
                         "a snapshot is dated in the future: " + base::format_time(time));
  return time;
}

void limit(decltype(RLIMIT_AS) resource, rlim_t soft) {
  rlimit limits{};
  if (::getrlimit(resource, &limits) != 0) return;
  limits.rlim_cur = std::min(soft, limits.rlim_max);
  ::setrlimit(resource, &limits);
}

/// On top of what the process already has mapped (proc(5), statm: pages).
rlim_t address_space_limit() {
  const auto statm = base::read_line("/proc/self/statm");
  const rlim_t mapped = statm ? std::strtoull(statm->c_str(), nullptr, 10) * static_cast<rlim_t>(::getpagesize()) : 0;
  return mapped == 0 ? RLIM_INFINITY : mapped + kParserMemoryBytes;
}

[[noreturn]] void parse_in_child(std::string_view text, WallTime now, int result) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kParserCpuSeconds);
  limit(RLIMIT_AS, address_space_limit());
  const auto time = parse(text, now);
  const std::string bytes = base::WireWriter().status(time).number(time ? time->time_since_epoch().count() : 0).take();
  (void)!::write(result, bytes.data(), bytes.size());
  ::_exit(0);
}

std::string read_to_end(int fd) {
  std::string bytes;
  std::array<char, 512> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

Result<WallTime> newest_snapshot(std::string_view plist, WallTime now) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return base::errno_error(errno, "pipe");
  const base::UniqueFd reader(ends[0]);
  base::UniqueFd writer(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return base::errno_error(errno, "fork");
  if (child == 0) parse_in_child(plist, now, writer.get());
  writer.reset();
  const std::string bytes = read_to_end(reader.get());
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }

  base::WireReader answer(bytes);
  const auto status = answer.status();
  const WallTime time{WallTime::duration(answer.number<WallTime::rep>())};
  if (!answer.ok()) return base::failure(std::errc::bad_message, "libplist died over it");
  if (!status) return tl::unexpected(status.error());
  return time;
}

}  // namespace motoko::sources
