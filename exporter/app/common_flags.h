// The flags that every program has, and how a program starts with them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "exporter/base/host_paths.h"
#include "exporter/base/logging.h"
#include "exporter/config/config.h"
#include "exporter/config/load_config.h"
#include "exporter/observation/guarded_mount.h"

namespace motoko::app {

inline constexpr int kExitUsage = 2;
inline constexpr const char* kDefaultConfigFile = "/etc/motoko/config.yml";
inline constexpr const char* kVersion = MOTOKO_VERSION;

struct CommonFlags {
  std::string config_file = kDefaultConfigFile;
  bool config_file_named = false;  // on the command line: then it must exist
  base::HostPaths paths;
  base::LogLevel log_level = base::LogLevel::info;
  base::LogFormat log_format = base::LogFormat::logfmt;
};

/// Declares the flags on `app`; `flags` is filled when it parses and must outlive it.
void add_common_flags(CLI::App& app, CommonFlags& flags);

/// Parses; a bad flag is reported on standard error. nullopt: go on. Else the exit code (0 after --help and --version).
[[nodiscard]] std::optional<int> parse_flags(CLI::App& app, int argc, char** argv);

/// The configuration with the mounts it guards.
struct Setup {
  config::Config config;
  std::vector<observation::GuardedMount> guards;
};

/// Reads what the flags name, and fstab; all errors of both, in the order of their lines. The default file may be
/// absent: then the built-in defaults hold.
[[nodiscard]] tl::expected<Setup, config::ConfigErrors> read_setup(const CommonFlags& flags);

/// One line each on standard error.
void print_errors(const config::ConfigErrors& errors);

}  // namespace motoko::app
