#include "tests/support/process_state.h"

#include <sys/prctl.h>

#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include "tests/support/temp_dir.h"

namespace motoko::testing {
namespace {

/// proc(5): "PID (NAME) STATE PPID ...", where NAME may hold blanks and parentheses.
std::optional<ProcessRow> read_row(pid_t pid) {
  const auto stat = read_text("/proc/" + std::to_string(pid) + "/stat");
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  ProcessRow row;
  row.pid = pid;
  row.name = stat.substr(open + 1, close - open - 1);
  std::istringstream rest(stat.substr(close + 1));
  rest >> row.state >> row.parent;
  return row;
}

}  // namespace

char process_state(pid_t pid) {
  const auto row = read_row(pid);
  return row ? row->state : '\0';
}

std::vector<ProcessRow> descendants(pid_t ancestor) {
  std::vector<ProcessRow> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (auto row = read_row(std::stoi(name))) all.push_back(std::move(*row));
  }
  std::set<pid_t> family{ancestor};
  std::vector<ProcessRow> found;
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& row : all) {
      if (!family.contains(row.parent) || family.contains(row.pid)) continue;
      family.insert(row.pid);
      found.push_back(row);
      grew = true;
    }
  }
  return found;
}

void adopt_orphans() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

}  // namespace motoko::testing
