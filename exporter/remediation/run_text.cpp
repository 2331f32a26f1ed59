#include "exporter/remediation/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/base/text.h"

namespace motoko::remediation {
namespace {

/// One line, whatever a program said.
std::string line(std::string_view text) {
  std::string joined(text);
  while (!joined.empty() && joined.back() == '\n') joined.pop_back();
  std::replace_if(
      joined.begin(), joined.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return base::printable(joined);
}

/// Characters, as people count them; `text` is valid UTF-8.
std::size_t width_of(std::string_view text) {
  constexpr unsigned kContinuationMask = 0xc0;
  constexpr unsigned kContinuation = 0x80;
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & kContinuationMask) != kContinuation;
  }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t used = width_of(text);
  if (used < width) text.append(width - used, ' ');
  return text;
}

std::string without_trailing_blanks(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string duration_text(base::Seconds duration) {
  return base::format_duration(std::chrono::round<std::chrono::milliseconds>(duration));
}

/// "?" where the clock was put back in between.
std::string took(const RunRecord& run) {
  if (!run.ended) return "-";
  if (*run.ended < run.started) return "?";
  return duration_text(*run.ended - run.started);
}

std::string_view outcome_text(const RunRecord& run) {
  return run.outcome ? to_string(*run.outcome) : "under way";
}

std::string findings_text(std::string_view when, const std::vector<SeenFinding>& findings) {
  std::string text;
  for (const auto& [mountpoint, finding] : findings) {
    text += fmt::format("  {} {} {}{}: {}\n", when, health::to_string(health::severity_of(finding.code)),
                        mountpoint.empty() ? "" : line(mountpoint) + " ", health::to_string(finding.code),
                        line(finding.detail));
  }
  return text;
}

}  // namespace

std::string step_text(const StepRecord& step, std::size_t mountpoint_width) {
  constexpr std::size_t kMark = 9;       // "under way"
  constexpr std::size_t kName = 16;      // "check_filesystem"
  constexpr std::size_t kDuration = 10;  // "59m 59s", "1s 500ms"
  return without_trailing_blanks(fmt::format(
      "{}  {}  {}  {}  {}", padded(std::string(step.outcome ? to_string(*step.outcome) : "under way"), kMark),
      padded(std::string(to_string(step.name)), kName), padded(line(step.mountpoint), mountpoint_width),
      padded(step.outcome ? duration_text(step.duration) : "-", kDuration), line(step.detail)));
}

std::string run_text(const RunRecord& run) {
  std::string text =
      run.id == 0 ? std::string(outcome_text(run)) : fmt::format("run {}: {}", run.id, outcome_text(run));
  text += fmt::format(" ({}, {}{}{})\n", line(run.trigger), base::format_time(run.started), run.ended ? ", took " : "",
                      run.ended ? took(run) : "");
  if (!run.detail.empty()) text += fmt::format("  {}\n", line(run.detail));
  text += findings_text("before:", run.findings_before);
  std::size_t mountpoint_width = 0;
  for (const auto& step : run.steps) mountpoint_width = std::max(mountpoint_width, width_of(line(step.mountpoint)));
  for (const auto& step : run.steps) text += fmt::format("  {}\n", step_text(step, mountpoint_width));
  if (run.findings_after != run.findings_before) text += findings_text("after:", run.findings_after);
  return text;
}

std::string history_text(const std::vector<RunRecord>& runs) {
  if (runs.empty()) return "There was no run yet.\n";
  using Cells = std::array<std::string, 6>;
  std::vector<Cells> table = {{"RUN", "STARTED", "TOOK", "OUTCOME", "TRIGGER", "DETAIL"}};
  for (const auto& run : runs)
    table.push_back({std::to_string(run.id), base::format_time(run.started), took(run), std::string(outcome_text(run)),
                     line(run.trigger), line(run.detail)});
  std::array<std::size_t, std::tuple_size_v<Cells>> widths{};
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths.at(i) = std::max(widths.at(i), width_of(cells.at(i)));
  }
  std::string text;
  for (const auto& cells : table) {
    std::string row;
    for (std::size_t i = 0; i < cells.size(); ++i) row += (i == 0 ? "" : "  ") + padded(cells.at(i), widths.at(i));
    text += without_trailing_blanks(row) + "\n";
  }
  return text;
}

}  // namespace motoko::remediation
