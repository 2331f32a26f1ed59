// A whole file server of a test's own: two ext4 disks, a real smbd that shares them, and the programs of Motoko that
// watch and repair it. Lives in a PID namespace, which is also what Motoko takes for the host.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/e2e/storage_test.h"
#include "tests/support/pid_namespace.h"
#include "tests/support/smbd_daemon.h"
#include "tests/support/smbd_server.h"

namespace motoko::testing {

/// What `motokoctl fix --format=json` (or plan) said.
struct FixReport {
  int exit_code = -1;
  nlohmann::json json;
  std::string printed;  // both outputs, for messages
  std::chrono::milliseconds took{0};

  [[nodiscard]] std::string outcome() const { return json.value("outcome", ""); }
  [[nodiscard]] std::string detail() const { return json.value("detail", ""); }
  /// "stop_samba done", "mount failed": in order, without mountpoints.
  [[nodiscard]] std::vector<std::string> steps() const;
  [[nodiscard]] std::string step_detail(const std::string& name) const;
};

class FileServer {
 public:
  /// Mounts both disks with data on them and starts smbd. `remediation`: further lines of that section.
  explicit FileServer(const std::vector<std::string>& remediation = {}, const Ext4Options& time_disk = {});

  [[nodiscard]] const std::string& time() const { return time_; }    // the mountpoint
  [[nodiscard]] const std::string& space() const { return space_; }  // the mountpoint
  [[nodiscard]] LoopDisk& time_disk() { return time_disk_; }
  [[nodiscard]] SmbdDaemon& smbd() { return *smbd_; }
  [[nodiscard]] GuardedHost& host() { return host_; }
  [[nodiscard]] std::string state_dir() const { return host_.directory().path("state"); }

  /// A section of the configuration, from the next command on.
  void configure_remediation(const std::vector<std::string>& lines);

  /// The incident: the disk is pulled while smbd serves it, comes back under another name, is mounted over, pulled
  /// again, and is now there under a third name.
  void incident();
  /// The disk of /time is not there at all any more, and its mount is.
  void pull();
  /// After pull(): it is there under another name.
  void plug_in();

  [[nodiscard]] FixReport fix(const std::vector<std::string>& arguments = {});
  [[nodiscard]] FixReport command(std::vector<std::string> arguments);

  /// Healthy by `motokoctl check`, one layer each, the data as it was, and a client can list and write both shares.
  [[nodiscard]] ::testing::AssertionResult serves();
  /// No smbd runs.
  [[nodiscard]] bool samba_is_stopped() const;
  /// Everything a refusal must leave alone: the mount table, and which smbd runs.
  [[nodiscard]] std::string fingerprint() const;

 private:
  LoopDisk& newest_time_disk() { return replugged_.empty() ? time_disk_ : replugged_.back(); }

  GuardedHost host_;
  LoopDisk time_disk_;
  LoopDisk space_disk_;
  std::vector<LoopDisk> replugged_;
  std::string time_;
  std::string space_;
  std::unique_ptr<SmbdDaemon> smbd_;
};

/// Base of the tests: each runs its body as the first process of its own namespace.
class FileServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto why = missing_smbd()) GTEST_SKIP() << "NOT TESTED: repairing a file server (" << *why << ")";
    MOTOKO_REQUIRE_ROOT("repairing a file server");
  }

  static void on_a_host(const std::function<void()>& body);
};

}  // namespace motoko::testing
