#include "exporter/app/fix_progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "exporter/base/logging.h"
#include "exporter/base/text.h"

namespace motoko::app {
namespace {

using remediation::StepOutcome;
using remediation::StepRecord;

std::string name_of(const StepRecord& step) {
  return fmt::format("{:<16}{}{}", to_string(step.name), step.mountpoint.empty() ? "" : " ", step.mountpoint);
}

class TerminalProgress : public remediation::RunListener {
 public:
  explicit TerminalProgress(bool colour) : colour_(colour) {}

  void run_began(const std::vector<remediation::SeenFinding>& findings) override {
    for (const auto& [mountpoint, finding] : findings)
      print(fmt::format("  {}{}{}: {}\n", mountpoint, mountpoint.empty() ? "" : " ", to_string(finding.code),
                        base::printable(finding.detail)));
  }
  void step_began(std::size_t, const StepRecord& step) override {
    print(fmt::format("  \xe2\x80\xa6 {:>10}  {}", "", name_of(step)));  // an ellipsis: it runs
  }
  void step_ended(std::size_t, const StepRecord& step) override {
    const auto [mark, paint] = look_of(step.outcome.value_or(StepOutcome::failed));
    print(fmt::format("\r\x1b[K  {}{}{} {:>8.2f} s  {}  {}\n", colour_ ? paint : "", mark, colour_ ? "\x1b[0m" : "",
                      step.duration.count(), name_of(step), base::printable(step.detail)));
  }

 private:
  struct Look {
    const char* mark;
    const char* paint;
  };
  static Look look_of(StepOutcome outcome) {
    switch (outcome) {
      case StepOutcome::done:
        return {"\xe2\x9c\x93", "\x1b[32m"};
      case StepOutcome::failed:
        return {"\xe2\x9c\x97", "\x1b[31m"};
      case StepOutcome::skipped:
        return {"-", "\x1b[2m"};
      case StepOutcome::refused:
        return {"\xe2\x9c\x97", "\x1b[33m"};
    }
    return {"?", ""};
  }
  static void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  bool colour_;
};

class LoggedProgress : public remediation::RunListener {
 public:
  void run_began(const std::vector<remediation::SeenFinding>& findings) override {
    for (const auto& [mountpoint, finding] : findings)
      base::log_warn(
          "found",
          {{"mountpoint", mountpoint}, {"finding", std::string(to_string(finding.code))}, {"detail", finding.detail}});
  }
  void step_began(std::size_t, const StepRecord& step) override {
    base::log_info("step begins", {{"step", std::string(to_string(step.name))}, {"mountpoint", step.mountpoint}});
  }
  void step_ended(std::size_t, const StepRecord& step) override {
    const auto outcome = step.outcome.value_or(StepOutcome::failed);
    const bool bad = outcome == StepOutcome::failed || outcome == StepOutcome::refused;
    base::log(bad ? base::LogLevel::error : base::LogLevel::info, "step ended",
              {{"step", std::string(to_string(step.name))},
               {"mountpoint", step.mountpoint},
               {"outcome", std::string(to_string(outcome))},
               {"seconds", fmt::format("{:.3f}", step.duration.count())},
               {"detail", step.detail}});
  }
};

}  // namespace

std::unique_ptr<remediation::RunListener> make_progress(bool on_terminal, bool colour) {
  if (on_terminal) return std::make_unique<TerminalProgress>(colour);
  return std::make_unique<LoggedProgress>();
}

}  // namespace motoko::app
