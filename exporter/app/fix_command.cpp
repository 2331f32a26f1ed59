#include "exporter/app/fix_command.h"

#include <unistd.h>

#include <cstdio>
#include <optional>

#include "exporter/app/eyes.h"
#include "exporter/app/fix.h"
#include "exporter/app/fix_progress.h"
#include "exporter/app/signals_wait.h"
#include "exporter/remediation/run_json.h"
#include "exporter/remediation/run_text.h"

namespace motoko::app {
namespace {

using remediation::RunOutcome;

constexpr const char* kByHand = "command line";

int exit_code(RunOutcome outcome) {
  switch (outcome) {
    case RunOutcome::healthy:
    case RunOutcome::fixed:
    case RunOutcome::shadow:
      return 0;
    case RunOutcome::failed:
    case RunOutcome::interrupted:
      return 1;
    case RunOutcome::refused:
    case RunOutcome::suppressed:
      return 2;
    case RunOutcome::busy:
      return 4;
  }
  return 1;
}

int run(const CommonFlags& flags, const FixRequest& request, ReportFormat format) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kExitFixUsage;
  }
  std::optional<SignalsWait> signals_wait;
  if (!request.dry_run) signals_wait.emplace();
  auto workers = start_disk_workers();
  if (!workers) {
    std::fprintf(stderr, "motokoctl: %s\n", workers.error().message().c_str());
    return exit_code(RunOutcome::failed);
  }
  const bool shown = format == ReportFormat::text && !request.dry_run && ::isatty(STDOUT_FILENO) != 0;
  const auto progress = make_progress(shown, wants_colour());
  auto record = run_fix(flags, *setup, **workers, request, *progress);
  const auto outcome = record.outcome.value_or(RunOutcome::failed);
  if (shown && !record.steps.empty()) {  // they stand above already
    record.steps.clear();
    record.findings_before.clear();
  }
  const std::string report =
      format == ReportFormat::json ? remediation::run_json(record) : remediation::run_text(record);
  std::fputs(report.c_str(), stdout);
  return exit_code(outcome);
}

}  // namespace

int run_fix_command(const CommonFlags& flags, const FixFlags& fix) {
  return run(flags, {.trigger = kByHand, .dry_run = fix.dry_run, .force = fix.force}, fix.format);
}

int run_plan_command(const CommonFlags& flags, ReportFormat format) {
  return run(flags, {.trigger = kByHand, .dry_run = true}, format);
}

}  // namespace motoko::app
