// YAML to Config, with every error of the file at once.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/config/config.h"

namespace motoko::config {

/// One fault of the file. `line` counts from 1; 0: the file as a whole.
struct ConfigError {
  std::string file;
  int line = 0;
  std::string message;  // what is wrong and the way out
  bool operator==(const ConfigError&) const = default;

  /// "FILE:LINE: MESSAGE"; "FILE: MESSAGE" where it is the file as a whole.
  [[nodiscard]] std::string to_string() const;
};

using ConfigErrors = std::vector<ConfigError>;

/// Reads `file`. Errors in the order of their lines; never empty on failure. Touches no other file.
[[nodiscard]] tl::expected<Config, ConfigErrors> load_config(const std::string& file);

/// The same for text already read; `file` is only for messages.
[[nodiscard]] tl::expected<Config, ConfigErrors> parse_config(std::string_view yaml, const std::string& file);

/// What could be read, and everything that was wrong. For a caller that has more to check (mounts against fstab) and
/// wants to print all of it in one run. Where `errors` is not empty, `config` is not fit for use: a faulty key has its
/// default, a mount without a valid path is left out, and a faulty `fstab` is "": there is nothing to compare with.
struct ConfigReading {
  Config config;
  ConfigErrors errors;  // in the order of their lines
};

/// As load_config and parse_config, but hands back both halves.
[[nodiscard]] ConfigReading read_config(const std::string& file);
[[nodiscard]] ConfigReading read_config_text(std::string_view yaml, const std::string& file);

/// The errors in the order of their lines, those of one line in the order they were found.
[[nodiscard]] ConfigErrors in_line_order(ConfigErrors errors);

/// The whole effective configuration as YAML that load_config() reads back to an equal value (but for file and lines).
/// What has no YAML of its own is a comment: `mounts` that follow fstab, `commands` without `control: command`.
[[nodiscard]] std::string to_yaml(const Config& config);

}  // namespace motoko::config
