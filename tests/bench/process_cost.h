// What a process and its children have cost the machine.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace motoko::bench {

/// The process and all that it started, directly or not.
[[nodiscard]] std::vector<pid_t> process_tree(pid_t root);

/// User and system time of the threads that are there now, to the nanosecond (kernel: Documentation/scheduler/
/// sched-stats.rst, first field of schedstat; the ticks of proc_pid_stat(5) are too coarse for a scrape).
[[nodiscard]] std::chrono::duration<double> cpu_time(const std::vector<pid_t>& processes);

/// Resident bytes, shared libraries included.
[[nodiscard]] std::uint64_t resident_bytes(pid_t process);

/// Resident bytes with each shared page divided by the number of its users, of all processes together.
[[nodiscard]] std::uint64_t proportional_bytes(const std::vector<pid_t>& processes);

}  // namespace motoko::bench
