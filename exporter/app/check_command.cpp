#include "exporter/app/check_command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "exporter/app/eyes.h"
#include "exporter/app/fix.h"
#include "exporter/app/fix_progress.h"
#include "exporter/app/signals_wait.h"
#include "exporter/base/logging.h"
#include "exporter/health/report.h"

namespace motoko::app {
namespace {

int exit_code(health::Severity severity) {
  switch (severity) {
    case health::Severity::ok:
      return 0;
    case health::Severity::warning:
      return 1;
    case health::Severity::critical:
      return 2;
    case health::Severity::unknown:
      return 3;
  }
  return 3;
}

/// Said in the log, so that the report on standard output stays what it is without a fix.
void fix_where_needed(const CommonFlags& flags, const Setup& setup, sources::DiskWorkers& workers) {
  const auto progress = make_progress(false, false);
  const auto record = run_fix(flags, setup, workers, {.trigger = "check --fix"}, *progress);
  const auto outcome = record.outcome.value_or(remediation::RunOutcome::failed);
  const bool well = outcome == remediation::RunOutcome::healthy || outcome == remediation::RunOutcome::fixed;
  base::log(well ? base::LogLevel::info : base::LogLevel::warn, "fix",
            {{"outcome", std::string(to_string(outcome))}, {"detail", record.detail}});
}

}  // namespace

bool wants_colour() {
  return ::isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR");
}

int run_check(const CommonFlags& flags, ReportFormat format, bool fix) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kExitUsage;
  }
  std::optional<SignalsWait> signals_wait;
  if (fix) signals_wait.emplace();
  auto workers = start_disk_workers();
  if (!workers) {
    std::fprintf(stderr, "motokoctl: %s\n", workers.error().message().c_str());
    return exit_code(health::Severity::unknown);
  }
  if (fix) fix_where_needed(flags, *setup, **workers);
  Eyes eyes(flags.paths, *setup, **workers, [] {});
  const auto observation = eyes.observe();
  const auto verdict = health::evaluate(observation);
  const std::string report = format == ReportFormat::json
                                 ? health::report_json(observation, verdict)
                                 : health::report_text(observation, verdict, {.colour = wants_colour()});
  std::fputs(report.c_str(), stdout);
  return exit_code(verdict.severity);
}

int run_config_check(const CommonFlags& flags) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kExitUsage;
  }
  std::printf("# %s\n", setup->config.file.empty() ? "no configuration file: these are the defaults"
                                                   : setup->config.file.c_str());
  std::fputs(config::to_yaml(setup->config).c_str(), stdout);
  std::printf("# guarded:");
  for (const auto& guard : setup->guards) std::printf(" %s (%s)", guard.path.c_str(), to_string(guard.device).c_str());
  std::printf("%s\n", setup->guards.empty() ? " nothing; see `mounts:`" : "");
  return 0;
}

}  // namespace motoko::app
