// A real smbd for tests: its own configuration, state and port, and no process of it can outlive the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "exporter/base/unique_fd.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

/// Why no smbd can be started here ("not root", "no smbd"), or nothing where one can.
[[nodiscard]] std::optional<std::string> missing_smbd();

/// smbd in the foreground with one guest share named "share", listening on 127.0.0.1. It runs in a PID namespace of its
/// own, because smbd's processes change their user, which clears PR_SET_PDEATHSIG: when the namespace's first process
/// goes, which is a child of this one and does keep it, the kernel kills them all. Start it from the main thread.
class SmbdServer {
 public:
  /// Returns once it listens. Throws std::runtime_error with its log where it does not within `deadline`.
  explicit SmbdServer(const std::string& share_path, std::chrono::milliseconds deadline = std::chrono::seconds(30));
  SmbdServer(const SmbdServer&) = delete;
  SmbdServer& operator=(const SmbdServer&) = delete;
  ~SmbdServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const;

  /// Kills every process of it and waits until they are gone. Does nothing the second time.
  void stop();
  /// SIGSTOP to every process of it: the kernel still takes connections, nobody answers. Returns once sent.
  void freeze() const;
  /// SIGCONT.
  void thaw() const;

  /// What smbd logged.
  [[nodiscard]] std::string log() const;

 private:
  void start();
  [[nodiscard]] bool wait_until_listening(std::chrono::steady_clock::time_point end);
  void tell_supervisor(char command) const;

  TempDir directory_;
  std::uint16_t port_ = 0;
  pid_t supervisor_ = -1;  // first process of smbd's namespace
  base::UniqueFd control_;
};

}  // namespace motoko::testing
