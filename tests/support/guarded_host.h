// A host as the product sees it: an fstab, a configuration and mountpoints of a test's own, with the programs run on
// them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/exporter_process.h"
#include "tests/support/loop_disk.h"
#include "tests/support/temp_dir.h"

namespace motoko::testing {

struct GuardOptions {
  std::string device = {};  // fstab's first field; empty: UUID= of the disk
  std::string fstab_options = "defaults,noatime";
  std::vector<std::string> config = {};  // further lines of the mount's entry: "min_available: 1GiB"
};

/// What `motokoctl check --format=json` said.
struct CheckReport {
  int exit_code = -1;
  nlohmann::json json;
  std::string printed;  // both outputs, for messages

  /// Codes of the findings of that mount.
  [[nodiscard]] std::set<std::string> codes(const std::string& mountpoint) const;
};

/// One series that a scrape must have, or must not have.
struct Expected {
  std::string name;
  std::optional<double> value;  // none: absent
  Labels labels = {};           // besides mountpoint
};

inline constexpr std::nullopt_t kAbsent = std::nullopt;

class GuardedHost {
 public:
  /// Makes the mountpoint `name`, and names it in fstab and in the configuration. Returns its path. Before exporter().
  std::string guard(const std::string& name, const std::string& uuid, const GuardOptions& options = {});
  /// Replaces a top-level key of the configuration: ("kernel_log", "{window: 2s}"). "samba" is {enabled: false} at
  /// first.
  void configure(const std::string& key, const std::string& value);

  /// Written at each call, so that an exporter that runs reads what is true now when it reloads.
  std::string write_config();
  [[nodiscard]] std::string config_file() const { return directory_.path("config.yml"); }
  [[nodiscard]] std::string fstab_file() const { return directory_.path("fstab"); }
  [[nodiscard]] const TempDir& directory() const { return directory_; }

  /// Started at the first call.
  ExporterProcess& exporter();
  ExporterProcess& start_exporter(const ExporterOptions& options);
  /// ExporterProcess::stop(), where it was started.
  [[nodiscard]] ::testing::AssertionResult stop_exporter();

  /// `motokoctl ARGUMENTS...` with this host's configuration.
  [[nodiscard]] Finished motokoctl(const std::vector<std::string>& arguments);
  [[nodiscard]] CheckReport check();

  /// Success as soon as one scrape shows all of them with the label mountpoint=`mountpoint`; empty: without that label.
  [[nodiscard]] ::testing::AssertionResult shows(const std::string& mountpoint, const std::vector<Expected>& expected);

 private:
  TempDir directory_;
  std::string fstab_;
  std::string mounts_;
  std::map<std::string, std::string> sections_ = {{"samba", "{enabled: false}"}, {"probe", "{deadline: 500ms}"}};
  std::unique_ptr<ExporterProcess> exporter_;
};

}  // namespace motoko::testing
