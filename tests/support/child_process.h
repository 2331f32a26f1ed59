// A program under test or a tool of the test, run as a child that cannot outlive the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"

namespace motoko::testing {

struct Command {
  std::vector<std::string> argv;                                      // argv[0]: a path, or a name to find in PATH
  std::vector<std::pair<std::string, std::string>> environment = {};  // added to this process' own
  std::optional<uid_t> unprivileged = std::nullopt;  // run as this user and group, without any capability but:
  std::vector<int> capabilities = {};                // CAP_SYSLOG and the like, as systemd's AmbientCapabilities= gives
  std::string standard_input = {};                   // a file to read from; empty: /dev/null
};

/// How a process ended.
struct ExitStatus {
  int code = -1;   // the exit code; -1: it was killed
  int signal = 0;  // the signal that killed it; 0: none
  bool operator==(const ExitStatus&) const = default;
};

/// A running child. The kernel kills it (SIGKILL) when the thread that started it ends, so start it from the main
/// thread.
class ChildProcess {
 public:
  /// Throws std::system_error where it cannot be started (no such program: std::errc::no_such_file_or_directory).
  explicit ChildProcess(const Command& command);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  /// SIGKILL, then waits at most 5 s: a task in uninterruptible sleep is left to the kernel.
  ~ChildProcess();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  void send(int signal) const;

  /// How it ended; nothing: it still runs after `deadline`.
  [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds deadline);

  /// What it has written so far.
  [[nodiscard]] std::string standard_output() const;
  [[nodiscard]] std::string standard_error() const;

 private:
  TempDir directory_;  // holds its output, so that a chatty program never blocks on a pipe
  pid_t pid_ = -1;
  std::optional<ExitStatus> status_;
};

/// What a program left behind.
struct Finished {
  ExitStatus status;
  std::string standard_output;
  std::string standard_error;
};

/// Runs to the end. Throws std::runtime_error with what it printed where that takes longer than `deadline`.
Finished run(const Command& command, std::chrono::milliseconds deadline = std::chrono::seconds(20));

/// run(), and throws std::runtime_error with what it printed where it does not exit with 0. Returns standard output.
std::string run_checked(const Command& command, std::chrono::milliseconds deadline = std::chrono::seconds(20));

/// True where PATH has the program.
[[nodiscard]] bool has_program(const std::string& name);

}  // namespace motoko::testing
