// The real motoko-exporter, started on a free port of the loopback interface.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/http_client.h"
#include "tests/support/metrics_text.h"

namespace motoko::testing {

/// Where the build left a program: "motoko-exporter", "motokoctl".
[[nodiscard]] std::string program_path(const std::string& name);

struct ExporterOptions {
  std::vector<std::string> arguments = {};           // beyond --web.listen-address and --config.file
  std::optional<uid_t> unprivileged = std::nullopt;  // as in Command
  std::vector<int> capabilities = {};
};

/// Killed at the end where stop() was not called.
class ExporterProcess {
 public:
  /// Returns once it is ready. Throws std::runtime_error with its log where it ends, or is not ready after 20 s.
  /// `config_file` empty: started without --config.file.
  explicit ExporterProcess(const std::string& config_file, const ExporterOptions& options = {});

  [[nodiscard]] const std::string& address() const { return address_; }  // "127.0.0.1:43210"
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  /// Everything it logged so far.
  [[nodiscard]] std::string log() const { return process_.standard_error(); }

  /// Throws std::runtime_error where it does not answer.
  [[nodiscard]] HttpResponse get(const std::string& target,
                                 const std::vector<std::pair<std::string, std::string>>& headers = {}) const;
  [[nodiscard]] HttpResponse send(const HttpRequest& request) const;

  /// One GET /metrics, which must be answered with 200. Throws std::runtime_error where it is not, or cannot be parsed.
  [[nodiscard]] MetricsText scrape() const;

  /// SIGHUP: read the configuration again.
  void hang_up() const;

  /// SIGTERM; success where it exits with 0 within 2 s, whatever the disks do. Its log is in the failure.
  [[nodiscard]] ::testing::AssertionResult stop();

 private:
  ChildProcess process_;
  std::string address_;
};

}  // namespace motoko::testing
