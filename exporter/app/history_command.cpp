#include "exporter/app/history_command.h"

#include <cstdio>

#include "exporter/remediation/history.h"
#include "exporter/remediation/run_json.h"
#include "exporter/remediation/run_text.h"

namespace motoko::app {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitBadConfig = 3;

int failed(const base::Error& error) {
  std::fprintf(stderr, "motokoctl: %s\n", error.message().c_str());
  return kExitFailed;
}

}  // namespace

int run_history_command(const CommonFlags& flags, ReportFormat format, std::size_t limit) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kExitBadConfig;
  }
  auto history = remediation::History::open_read_only(setup->config.remediation.state_dir);
  if (!history) return failed(history.error());
  const auto runs = history->runs(limit);
  if (!runs) return failed(runs.error());
  const auto text = format == ReportFormat::json ? remediation::history_json(*runs) : remediation::history_text(*runs);
  std::fputs(text.c_str(), stdout);
  return 0;
}

int run_reset_command(const CommonFlags& flags) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kExitBadConfig;
  }
  auto history = remediation::History::open(setup->config.remediation.state_dir);
  if (!history) return failed(history.error());
  const auto was_open = history->reset_circuit();
  if (!was_open) return failed(was_open.error());
  std::puts(*was_open ? "the circuit was open and is closed now"
                      : "the circuit was closed; earlier failures no longer count");
  return 0;
}

}  // namespace motoko::app
