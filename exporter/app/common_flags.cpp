#include "exporter/app/common_flags.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <map>

#include "exporter/app/guarded_mounts.h"

namespace motoko::app {

void add_common_flags(CLI::App& app, CommonFlags& flags) {
  static const std::map<std::string, base::LogLevel> kLevels = {{"debug", base::LogLevel::debug},
                                                                {"info", base::LogLevel::info},
                                                                {"warn", base::LogLevel::warn},
                                                                {"error", base::LogLevel::error}};
  static const std::map<std::string, base::LogFormat> kFormats = {{"logfmt", base::LogFormat::logfmt},
                                                                  {"json", base::LogFormat::json}};
  app.set_version_flag("--version", std::string("motoko ") + kVersion);
  app.add_option("--config.file", flags.config_file, "Configuration file; the default one may be absent")
      ->type_name("PATH")
      ->default_str(kDefaultConfigFile)
      ->each([&flags](const std::string&) { flags.config_file_named = true; });
  app.add_option("--path.procfs", flags.paths.procfs, "Where procfs is mounted")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--path.sysfs", flags.paths.sysfs, "Where sysfs is mounted")->type_name("PATH")->capture_default_str();
  app.add_option("--log.level", flags.log_level, "Least severe lines to log")
      ->type_name("debug|info|warn|error")
      ->transform(CLI::CheckedTransformer(kLevels).description(""))
      ->default_str("info");
  app.add_option("--log.format", flags.log_format, "Format of log lines")
      ->type_name("logfmt|json")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->default_str("logfmt");
}

std::optional<int> parse_flags(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& done) {  // --help, --version
    app.exit(done);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", app.get_name().c_str(), error.what(), app.get_name().c_str());
    return kExitUsage;
  }
}

namespace {

/// The default file may be absent: then the built-in defaults hold.
config::ConfigReading read_named_or_default(const CommonFlags& flags) {
  std::error_code ignored;
  // A server changes its directory, and a reload must still find the file.
  const auto file = std::filesystem::absolute(flags.config_file, ignored).string();
  if (!flags.config_file_named && ::access(file.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  return config::read_config(file);
}

}  // namespace

tl::expected<Setup, config::ConfigErrors> read_setup(const CommonFlags& flags) {
  auto [config, errors] = read_named_or_default(flags);
  // Also behind other errors, so that one run shows all of them.
  auto guards = config.fstab.empty() ? tl::expected<std::vector<observation::GuardedMount>, config::ConfigErrors>()
                                     : read_guarded_mounts(config);
  if (!guards) errors.insert(errors.end(), guards.error().begin(), guards.error().end());
  if (!errors.empty()) return tl::unexpected(config::in_line_order(std::move(errors)));
  return Setup{std::move(config), std::move(*guards)};
}

void print_errors(const config::ConfigErrors& errors) {
  for (const auto& error : errors) std::fprintf(stderr, "%s\n", error.to_string().c_str());
}

}  // namespace motoko::app
