// A real smbd that is started and stopped by commands, as a host without systemd has them, and clients of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/smbd_configuration.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

/// Use it in a PID namespace of the test's own (in_pid_namespace), which ends what is left of it.
class SmbdDaemon {
 public:
  /// Writes its configuration; starts nothing.
  explicit SmbdDaemon(const std::vector<SharedDirectory>& shares);

  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const;
  /// The value of `samba` in the configuration that makes Motoko watch and control it.
  [[nodiscard]] std::string config() const;
  /// Runs the start command, and returns once it answers.
  void start();
  void stop();
  /// Main processes that have been started so far, by whoever.
  [[nodiscard]] int starts() const;

  /// What `smbclient -c COMMAND` on that share gave, as a guest.
  [[nodiscard]] Finished client(const std::string& share, const std::string& command) const;
  /// A client that has `file` open for writing until it is destroyed.
  [[nodiscard]] std::unique_ptr<ChildProcess> client_with_open_file(const std::string& share, const std::string& file);

 private:
  TempDir directory_;
  std::uint16_t port_ = 0;
  int clients_ = 0;
};

}  // namespace motoko::testing
