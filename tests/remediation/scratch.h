// A directory of one test's own, children that do something and end, and runs to record.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "exporter/remediation/history.h"

namespace motoko::remediation {

class ScratchDir {
 public:
  ScratchDir() {
    path_ = (std::filesystem::temp_directory_path() / "motoko-remediation-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  ~ScratchDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// Runs `body` in a child, whose exit code is what it returns.
template <typename Body>
pid_t in_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  return pid;
}

/// The exit code; -1: killed.
inline int exit_code_of(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

inline base::WallTime at(std::chrono::nanoseconds since_start) {
  constexpr std::chrono::seconds kStart{1'795'464'900};  // 2026-11-23T20:15:00Z
  return base::WallTime(kStart + since_start);
}

inline SeenFinding seen(const std::string& mountpoint, health::FindingCode code, const std::string& detail) {
  return {.mountpoint = mountpoint, .finding = {.code = code, .detail = detail}};
}

inline StepRecord step_of(StepName name, const std::string& mountpoint = {},
                          std::optional<StepOutcome> outcome = std::nullopt, base::Seconds duration = base::Seconds(0),
                          const std::string& detail = {}) {
  return {.name = name, .mountpoint = mountpoint, .outcome = outcome, .duration = duration, .detail = detail};
}

/// A run that ended at once.
inline RunRecord short_run(RunOutcome outcome, base::WallTime when) {
  RunRecord run;
  run.trigger = "timer";
  run.started = when;
  run.ended = when;
  run.outcome = outcome;
  return run;
}

/// The value, or the test ends with the message of the error.
template <typename T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}
inline void must(const base::Status& status) {
  if (!status) throw std::runtime_error(status.error().message());
}

/// A whole run that changed something.
inline std::int64_t run_of(History& history, RunOutcome outcome, base::WallTime ended, const GatePolicy& policy = {}) {
  const auto id = must(history.begin_run("command line", {}, ended - std::chrono::seconds(10)));
  must(history.mark_changed(id));
  must(history.end_run(id, {.outcome = outcome, .at = ended}, policy));
  return id;
}

}  // namespace motoko::remediation
