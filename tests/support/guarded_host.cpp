#include "tests/support/guarded_host.h"

#include <fmt/format.h>

#include <filesystem>

#include "tests/support/eventually.h"
#include "tests/support/process_state.h"

namespace motoko::testing {
namespace {

constexpr auto kShowsDeadline = std::chrono::seconds(20);

/// fstab(5): blanks and backslashes of a field as three octal digits.
std::string fstab_field(const std::string& text) {
  std::string field;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\\') {
      field += fmt::format("\\{:03o}", static_cast<unsigned>(c));
    } else {
      field += c;
    }
  }
  return field;
}

/// A double-quoted YAML scalar.
std::string yaml_string(const std::string& text) {
  return nlohmann::json(text).dump();
}

/// Leaves the file alone where nothing changed: an exporter that runs follows fstab.
void write_where_different(const std::string& path, const std::string& content) {
  if (!std::filesystem::exists(path) || read_text(path) != content) write_file(path, content);
}

std::string line_of(const Expected& expected, const std::optional<double>& seen) {
  std::string labels;
  for (const auto& [name, value] : expected.labels) labels += fmt::format(" {}={}", name, value);
  const auto text = [](const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "absent"; };
  return fmt::format("{}{}: {}, not {}\n", expected.name, labels, text(seen), text(expected.value));
}

}  // namespace

std::set<std::string> CheckReport::codes(const std::string& mountpoint) const {
  std::set<std::string> found;
  for (const auto& mount : json.at("mounts")) {
    if (mount.at("path") != mountpoint) continue;
    for (const auto& finding : mount.at("findings")) found.insert(finding.at("code").get<std::string>());
  }
  return found;
}

std::string GuardedHost::guard(const std::string& name, const std::string& uuid, const GuardOptions& options) {
  const auto path = directory_.make_directory(name);
  fstab_ += fmt::format("{} {} ext4 {} 0 2\n", options.device.empty() ? "UUID=" + uuid : fstab_field(options.device),
                        fstab_field(path), options.fstab_options);
  mounts_ += "  - path: " + yaml_string(path) + "\n";
  for (const auto& line : options.config) mounts_ += "    " + line + "\n";
  return path;
}

void GuardedHost::configure(const std::string& key, const std::string& value) {
  sections_[key] = value;
}

std::string GuardedHost::write_config() {
  write_where_different(fstab_file(), fstab_);
  std::string config = "fstab: " + yaml_string(fstab_file()) + "\n";
  if (!mounts_.empty()) config += "mounts:\n" + mounts_;
  for (const auto& [key, value] : sections_) config += key + ": " + value + "\n";
  write_where_different(config_file(), config);
  return config_file();
}

ExporterProcess& GuardedHost::exporter() {
  return exporter_ ? *exporter_ : start_exporter({});
}

ExporterProcess& GuardedHost::start_exporter(const ExporterOptions& options) {
  adopt_orphans();
  exporter_ = std::make_unique<ExporterProcess>(write_config(), options);
  return *exporter_;
}

::testing::AssertionResult GuardedHost::stop_exporter() {
  if (!exporter_) return ::testing::AssertionSuccess();
  const auto stopped = exporter_->stop();
  exporter_.reset();
  return stopped;
}

Finished GuardedHost::motokoctl(const std::vector<std::string>& arguments) {
  Command command{{program_path("motokoctl")}};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.argv.push_back("--config.file=" + write_config());
  return run(command);
}

CheckReport GuardedHost::check() {
  const auto finished = motokoctl({"check", "--format=json"});
  CheckReport report;
  report.exit_code = finished.status.code;
  report.printed = finished.standard_output + finished.standard_error;
  report.json = nlohmann::json::parse(finished.standard_output, nullptr, false);
  if (report.json.is_discarded()) throw std::runtime_error("motokoctl check printed no JSON: " + report.printed);
  return report;
}

::testing::AssertionResult GuardedHost::shows(const std::string& mountpoint, const std::vector<Expected>& expected) {
  std::string differences;
  return eventually(
      kShowsDeadline,
      [&] {
        differences.clear();
        const auto metrics = exporter().scrape();
        for (const auto& series : expected) {
          auto labels = series.labels;
          if (!mountpoint.empty()) labels["mountpoint"] = mountpoint;
          const auto seen = metrics.value(series.name, labels);
          if (seen != series.value) differences += line_of(series, seen);
        }
        return differences.empty();
      },
      [&] { return differences + "log of motoko-exporter:\n" + exporter().log(); });
}

}  // namespace motoko::testing
