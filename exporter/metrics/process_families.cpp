#include "exporter/metrics/process_families.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <optional>

#include "exporter/base/directory.h"
#include "exporter/base/file.h"

namespace motoko::metrics {
namespace {

std::optional<double> open_descriptors() {
  const base::DirectoryStream directory(::opendir("/proc/self/fd"));
  if (!directory) return std::nullopt;
  double count = -1;  // the one that lists them
  while (const dirent* entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.') ++count;
  return count;
}

/// Seconds since the epoch at which the machine booted.
std::optional<double> boot_time() {
  static const std::optional<double> time = []() -> std::optional<double> {
    const auto text = base::read_file("/proc/stat");
    const auto line = text ? text->find("\nbtime ") : std::string::npos;
    if (line == std::string::npos) return std::nullopt;
    return std::stod(text->substr(line + 7));
  }();
  return time;
}

}  // namespace

void add_process_families(FamilySet& set) {
  // proc_pid_stat(5): utime 14, stime 15, num_threads 20, starttime 22, vsize 23, rss 24; the name in 2 may hold
  // anything.
  const auto stat = base::read_file("/proc/self/stat");
  const auto name_end = stat ? stat->rfind(')') : std::string::npos;
  std::uint64_t user = 0, system = 0, threads = 0, start = 0, virtual_bytes = 0, resident_pages = 0;
  if (name_end != std::string::npos &&
      std::sscanf(stat->c_str() + name_end + 2,
                  "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64 " %*s %*s %*s %*s %" SCNu64
                  " %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
                  &user, &system, &threads, &start, &virtual_bytes, &resident_pages) == 6) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    set.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
        .add(static_cast<double>(user + system) / ticks);
    set.gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
        .add(static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    set.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.").add(static_cast<double>(virtual_bytes));
    set.gauge("process_threads", "Number of threads.").add(static_cast<double>(threads));
    if (const auto boot = boot_time())
      set.gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
          .add(*boot + static_cast<double>(start) / ticks);
  }
  if (const auto count = open_descriptors())
    set.gauge("process_open_fds", "Number of open file descriptors.").add(*count);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    set.gauge("process_max_fds", "Maximum number of open file descriptors.").add(static_cast<double>(limit.rlim_cur));
}

}  // namespace motoko::metrics
