// motokoctl: health check and repair on the command line.
#include <CLI/CLI.hpp>
#include <exception>
#include <map>

#include "exporter/app/check_command.h"
#include "exporter/app/fix_command.h"
#include "exporter/app/guard_command.h"
#include "exporter/app/history_command.h"

int main(int argc, char** argv) {
  using namespace motoko::app;
  try {
    CLI::App app("Checks and repairs the storage of a file server.", "motokoctl");
    CommonFlags flags;
    add_common_flags(app, flags);
    app.require_subcommand(1);
    app.fallthrough();  // common flags may also stand behind the command

    const auto command = [&app](const char* name, const char* help) { return app.add_subcommand(name, help); };
    ReportFormat format = ReportFormat::text;
    const auto add_format = [&format](CLI::App* to) {
      static const std::map<std::string, ReportFormat> kFormats = {{"text", ReportFormat::text},
                                                                   {"json", ReportFormat::json}};
      to->add_option("--format", format, "Format of the report")
          ->type_name("text|json")
          ->transform(CLI::CheckedTransformer(kFormats).description(""))
          ->default_str("text");
    };
    CLI::App* const check =
        command("check", "Look at the host once. Exit: 0 healthy, 1 warning, 2 critical, 3 unknown");
    bool check_fixes = false;
    check->add_flag("--fix", check_fixes, "Repair first what can be repaired (root)");
    add_format(check);

    CLI::App* const plan = command("plan", "Print what fix would do now, and change nothing");
    add_format(plan);

    CLI::App* const fix = command(
        "fix", "Repair (root). Exit: 0 fixed or nothing to do, 1 failed, 2 refused, 3 bad usage, 4 another run is on");
    FixFlags fix_flags;
    fix->add_flag("--dry-run", fix_flags.dry_run, "Print what would be done, and change nothing");
    fix->add_flag("--force", fix_flags.force, "Go ahead in spite of cooldown and circuit; never of a refusal");
    add_format(fix);

    CLI::App* const history = command("history", "The runs of the fix, newest first");
    std::size_t history_limit = 50;
    history->add_option("--limit", history_limit, "How many")->check(CLI::PositiveNumber)->capture_default_str();
    add_format(history);

    CLI::App* const reset = command("reset", "Close the circuit: let failed runs count from now on only");

    CLI::App* const config = command("config", "The configuration");
    config->require_subcommand(1);
    CLI::App* const config_check =
        config->add_subcommand("check", "Validate it and print the effective one. Exit: 0 valid, 2 not");

    GuardFlag guard_flag = GuardFlag::set;
    CLI::App* const guard = app.add_subcommand(
        "guard",
        "Make the bare directories under the mountpoints immutable, as root, so that nothing is "
        "written to the root disk while a mount is missing. Exit: 0 done, 1 some failed, 2 not root, "
        "3 bad configuration");
    guard->add_flag_callback(
        "--remove", [&] { guard_flag = GuardFlag::remove; }, "Make them writable again");

    if (const auto code = parse_flags(app, argc, argv)) {
      const bool acts = fix->parsed() || plan->parsed() || history->parsed() || reset->parsed() || guard->parsed();
      return *code == kExitUsage && acts ? kExitFixUsage : *code;
    }
    motoko::base::start_logging(flags.log_level, flags.log_format);
    if (config_check->parsed()) return run_config_check(flags);
    fix_flags.format = format;
    if (fix->parsed()) return run_fix_command(flags, fix_flags);
    if (plan->parsed()) return run_plan_command(flags, format);
    if (history->parsed()) return run_history_command(flags, format, history_limit);
    if (guard->parsed()) return run_guard(flags, guard_flag);
    if (reset->parsed()) return run_reset_command(flags);
    return run_check(flags, format, check_fixes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "motokoctl: %s\n", error.what());
    return 3;
  }
}
