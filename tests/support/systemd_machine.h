// A machine of a test's own that runs this host's systemd as PID 1, with udev and a system bus, in namespaces of its
// own on an overlay of the host's root directory: units generated from fstab, mounts and services are real, and nothing
// of the host changes. How it is made stands in systemd_machine.sh.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

/// Why no such machine can be booted here, or nothing.
[[nodiscard]] std::optional<std::string> missing_for_systemd_machine();

struct MachineOptions {
  std::map<std::string, std::string> files = {};  // absolute path to content, written before it boots
  std::vector<std::string> devices = {};          // plugged in while it boots, as fstab may want them
};

/// Its /etc/systemd/system and /etc/fstab are empty, so that it runs journald, udevd and dbus-daemon only; every other
/// unit of the host's packages can be started. It sees the programs of this build by their paths, but has a /tmp and a
/// /run of its own, loopback as its only network, and no disk but those plugged in. The kernel's log is the host's.
/// Ends with this object, or with the test process however that ends. Declare disks before it: what it mounted from
/// them goes with it.
class SystemdMachine {
 public:
  /// Boots. Throws std::runtime_error with what was printed where it is not up within a minute. Call from the main
  /// thread, after MOTOKO_REQUIRE_SYSTEMD_MACHINE.
  explicit SystemdMachine(const MachineOptions& options = {});
  SystemdMachine(const SystemdMachine&) = delete;
  SystemdMachine& operator=(const SystemdMachine&) = delete;
  ~SystemdMachine();

  /// Its PID 1, as the host counts.
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Where the test sees the machine's file `path` ("/etc/fstab").
  [[nodiscard]] std::string path(const std::string& path) const;
  /// Writes a file of the machine, parents included. Throws std::system_error.
  void write(const std::string& path, const std::string& content) const;

  /// Runs in the machine, to the end. Throws as testing::run().
  Finished run(const std::vector<std::string>& argv, std::chrono::milliseconds deadline = std::chrono::seconds(30));
  /// The same, and throws with what it printed where it does not exit with 0. Returns standard output.
  std::string run_checked(const std::vector<std::string>& argv,
                          std::chrono::milliseconds deadline = std::chrono::seconds(30));
  /// The command that runs `argv` in the machine, for ChildProcess.
  [[nodiscard]] Command inside(const std::vector<std::string>& argv) const;

  /// Gives the machine a block device of the host ("/dev/loop3"), and returns when its udevd has looked at it.
  void plug_in(const std::string& device);

  /// Whether systemd takes it for a container all the same (the host itself is one), where it makes no units of fstab's
  /// lines with a device.
  [[nodiscard]] bool is_seen_as_container();
  /// What systemd and its services logged, newest last.
  [[nodiscard]] std::string journal();

 private:
  void stop();
  void wait_for_boot(const std::vector<std::string>& devices);

  TempDir directory_;
  std::unique_ptr<ChildProcess> script_;
  pid_t pid_ = -1;
};

}  // namespace motoko::testing

/// First line of a test or SetUp() that boots one: skips and says what stays untested.
#define MOTOKO_REQUIRE_SYSTEMD_MACHINE(what_is_not_tested)                           \
  do {                                                                               \
    if (const auto why = ::motoko::testing::missing_for_systemd_machine())           \
      GTEST_SKIP() << "NOT TESTED: " << (what_is_not_tested) << " (" << *why << ")"; \
  } while (false)
