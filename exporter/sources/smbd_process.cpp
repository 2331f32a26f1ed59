#include "exporter/sources/smbd_process.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

#include "exporter/base/directory.h"
#include "exporter/base/file.h"

namespace motoko::sources {
namespace {

using base::Result;

constexpr std::string_view kName = "smbd";
constexpr int kStartTimeField = 22;  // proc(5), /proc/PID/stat

struct ProcessStat {
  std::string name;
  char state = 0;
  pid_t parent = 0;
  std::uint64_t start_time = 0;
};

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "PID (NAME) STATE PPID ...": the name may itself hold blanks and parentheses.
std::optional<ProcessStat> parse_stat(std::string_view text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  ProcessStat stat;
  stat.name = text.substr(open + 1, close - open - 1);
  auto rest = text.substr(close + 1);
  for (int field = 3; field <= kStartTimeField; ++field) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto value = rest.substr(0, rest.find_first_of(" \n"));
    rest.remove_prefix(value.size());
    if (value.empty()) return std::nullopt;
    if (field == 3) stat.state = value.front();
    if (field == 4) stat.parent = parse_number<pid_t>(value).value_or(-1);
    if (field == kStartTimeField) {
      const auto ticks = parse_number<std::uint64_t>(value);
      if (!ticks) return std::nullopt;
      stat.start_time = *ticks;
    }
  }
  return stat;
}

/// Nothing: the process is gone. Error: it may not be looked at.
Result<std::optional<ProcessStat>> read_stat(const std::string& procfs, pid_t pid) {
  const auto text = base::read_file(procfs + "/" + std::to_string(pid) + "/stat");
  if (text) return parse_stat(*text);
  if (text.error().is(std::errc::no_such_file_or_directory) || text.error().is(std::errc::no_such_process))
    return std::nullopt;
  return tl::unexpected(text.error());
}

bool is_live_smbd(const std::optional<ProcessStat>& stat) {
  return stat && stat->name == kName && stat->state != 'Z' && stat->state != 'X';
}

/// proc(5), /proc/PID/status: "Uid: REAL EFFECTIVE ..." and "NSpid: PID [PID IN A NAMESPACE BELOW ...]". An unknown
/// status counts as ours: taking another's smbd for ours stops a fix, missing ours would let it serve a dead disk.
bool is_of_this_host(const std::string& procfs, pid_t pid) {
  const auto status = base::read_file(procfs + "/" + std::to_string(pid) + "/status");
  if (!status) return true;
  const auto field = [&](std::string_view name) {
    const auto start = status->find(name);
    if (start == std::string::npos) return std::string_view();
    const auto value = std::string_view(*status).substr(start + name.size());
    return value.substr(0, value.find('\n'));
  };
  const auto uid = field("\nUid:\t");
  const auto pids = field("\nNSpid:\t");
  return (uid.empty() || uid.starts_with("0\t")) && pids.find('\t') == std::string_view::npos;
}

/// Once none was found: whether one would have been seen. The first process of a namespace belongs to root and is
/// always there.
base::Status may_see_processes(const std::string& procfs) {
  const auto first = read_stat(procfs, 1);
  if (first && *first) return {};
  return base::failure(std::errc::permission_denied,
                       "not permitted to see processes: " + procfs + " is mounted with hidepid, or is no procfs");
}

}  // namespace

Result<std::optional<SmbdProcess>> find_main_smbd(const std::string& procfs, SmbdKind kind) {
  const base::DirectoryStream directory(::opendir(procfs.c_str()));
  if (!directory) return base::errno_error(errno, "list " + procfs);
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const auto pid = parse_number<pid_t>(entry->d_name);
    if (!pid || *pid <= 0) continue;
    const auto stat = read_stat(procfs, *pid);
    if (!stat || !is_live_smbd(*stat)) continue;
    const auto parent = read_stat(procfs, (*stat)->parent);
    if (kind == SmbdKind::of_this_host && !is_of_this_host(procfs, *pid)) continue;
    if (!parent || !is_live_smbd(*parent)) return SmbdProcess{.pid = *pid, .start_time = (*stat)->start_time};
  }
  if (errno != 0) return base::errno_error(errno, "list " + procfs);
  if (auto permitted = may_see_processes(procfs); !permitted) return tl::unexpected(permitted.error());
  return std::nullopt;
}

bool still_runs(const std::string& procfs, const SmbdProcess& process) {
  const auto stat = read_stat(procfs, process.pid);
  return stat && is_live_smbd(*stat) && (*stat)->start_time == process.start_time;
}

}  // namespace motoko::sources
