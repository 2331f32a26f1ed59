// What the kernel says of a process: its state, and whose child it is.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace motoko::testing {

/// The state letter of /proc/PID/stat (proc(5)): 'R', 'S', 'D' (uninterruptible), 'T' (stopped), 'Z' ...; 0: no such
/// process.
[[nodiscard]] char process_state(pid_t pid);

struct ProcessRow {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = 0;
  std::string name;
};

/// The processes that descend from `ancestor`, which itself is not among them. Zombies included.
[[nodiscard]] std::vector<ProcessRow> descendants(pid_t ancestor);

/// Orphans among this process' descendants become its children instead of init's, so that a test sees what is left
/// behind (PR_SET_CHILD_SUBREAPER). Once set, it stays.
void adopt_orphans();

}  // namespace motoko::testing
