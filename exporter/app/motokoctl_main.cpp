// motokoctl: health check on the command line.
#include <CLI/CLI.hpp>
#include <exception>
#include <map>

#include "exporter/app/check_command.h"

int main(int argc, char** argv) {
  using namespace motoko::app;
  try {
    CLI::App app("Checks the storage of a file server.", "motokoctl");
    CommonFlags flags;
    add_common_flags(app, flags);
    app.require_subcommand(1);
    app.fallthrough();  // common flags may also stand behind the command

    static const std::map<std::string, ReportFormat> kFormats = {{"text", ReportFormat::text},
                                                                 {"json", ReportFormat::json}};
    ReportFormat format = ReportFormat::text;
    CLI::App* const check =
        app.add_subcommand("check", "Look at the host once. Exit: 0 healthy, 1 warning, 2 critical, 3 unknown");
    check->add_option("--format", format, "Format of the report")
        ->type_name("text|json")
        ->transform(CLI::CheckedTransformer(kFormats).description(""))
        ->default_str("text");

    CLI::App* const config = app.add_subcommand("config", "The configuration");
    config->require_subcommand(1);
    CLI::App* const config_check =
        config->add_subcommand("check", "Validate it and print the effective one. Exit: 0 valid, 2 not");

    if (const auto code = parse_flags(app, argc, argv)) return *code;
    motoko::base::start_logging(flags.log_level, flags.log_format);
    if (config_check->parsed()) return run_config_check(flags);
    return run_check(flags, format);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motokoctl: %s\n", error.what());
    return 3;
  }
}
