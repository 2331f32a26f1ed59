// Work that may block for ever, or is another program's, in a child process with a deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::host {

using std::chrono::milliseconds;

/// How a program ended.
struct Finished {
  int exit_code = -1;  // -1: a signal ended it
  int signal = 0;
  std::string output;  // both streams, the last of it
  bool operator==(const Finished&) const = default;
};

struct Program {
  std::vector<std::string> argv;  // argv[0]: a path, or a name to find in PATH; no shell reads any of it
  milliseconds deadline;
  bool ends_with_us = true;  // false for what starts a service: it goes on when this process is killed
  std::size_t max_output_bytes = 8192;
};

/// Runs a program to its end, with no input, in a session of its own, in "/". A daemon it leaves behind is not waited
/// for, though it keeps the output open. Error: it cannot be started (the reason's code), or timed_out: it was sent
/// SIGTERM, two seconds later SIGKILL, with all of its session that is still in its process group, and then left.
[[nodiscard]] base::Result<Finished> run_program(const Program& program);

/// "exit code 8: /dev/sdb1 is in use", "killed by signal 9"; the last line of the output stands for all.
[[nodiscard]] std::string describe(const Finished& finished);

/// Runs `work` in a forked child and gives what it returned: 1 byte to 64 KiB. It has no descriptor of
/// this process. Error timed_out: the child was killed and,
/// where the kernel will not let it die, left; broken_pipe: it died. The child ends with this process.
[[nodiscard]] base::Result<std::string> run_in_child(milliseconds deadline, const std::function<std::string()>& work);

/// run_in_child() for work that gives only success or an error.
[[nodiscard]] base::Status try_in_child(milliseconds deadline, const std::function<base::Status()>& work);

}  // namespace motoko::host
