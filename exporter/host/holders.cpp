#include "exporter/host/holders.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

#include "exporter/base/directory.h"
#include "exporter/base/file.h"
#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"
#include "exporter/host/child.h"

namespace motoko::host {
namespace {

constexpr std::size_t kMaxListed = 100;
constexpr std::size_t kMaxTableBytes = 16 << 20;
constexpr std::chrono::milliseconds kKernelUsersDeadline{1000};

std::vector<std::string> entries_of(const std::string& path) {
  std::vector<std::string> names;
  const base::DirectoryStream directory(::opendir(path.c_str()));
  if (!directory) return names;
  while (const dirent* const entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  return names;
}

std::optional<pid_t> pid_of(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

/// The file system a link of procfs leads to. AT_STATX_DONT_SYNC: from memory, whatever the disk does.
bool leads_to(const std::string& link, unsigned major, unsigned minor) {
  struct statx status {};
  return ::statx(AT_FDCWD, link.c_str(), AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 &&
         status.stx_dev_major == major && status.stx_dev_minor == minor;
}

/// proc(5), /proc/PID/maps: the fourth column is the device, in hexadecimal.
bool maps_a_file_of(const std::string& process, unsigned major, unsigned minor) {
  const auto maps = base::read_file(process + "/maps", kMaxTableBytes);
  return maps && maps->find(fmt::format(" {:02x}:{:02x} ", major, minor)) != std::string::npos;
}

/// proc(5), /proc/PID/mountinfo: the third field is the device, the fifth the place.
std::optional<std::string> mounted_in_namespace_of(const std::string& process, unsigned major, unsigned minor) {
  const auto table = base::read_file(process + "/mountinfo", kMaxTableBytes);
  if (!table) return std::nullopt;
  const std::string device = fmt::format(" {}:{} ", major, minor);
  for (std::size_t start = 0; start < table->size();) {
    const auto end = std::min(table->find('\n', start), table->size());
    const auto line = std::string_view(*table).substr(start, end - start);
    start = end + 1;
    const auto found = line.find(device);
    if (found == std::string_view::npos || found > line.find('/')) continue;
    auto rest = line.substr(found + device.size());
    rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));  // the root within the file system
    return std::string(rest.substr(0, rest.find(' ')));
  }
  return std::nullopt;
}

class Search {
 public:
  Search(std::string procfs, unsigned major, unsigned minor)
      : procfs_(std::move(procfs)), major_(major), minor_(minor) {}

  std::vector<Holder> run() {
    const auto names = entries_of(procfs_);
    for (const auto& name : names)
      if (const auto pid = pid_of(name)) look_at(*pid);
    // What the process found by its files holds stands first; a namespace may have hundreds of processes.
    for (const auto& name : names)
      if (const auto pid = pid_of(name)) look_at_namespace(*pid);
    return std::move(found_);
  }

 private:
  void add(pid_t pid, std::string how) {
    if (found_.size() >= kMaxListed) return;
    const auto name = pid == 0 ? base::Result<std::string>("the kernel")
                               : base::read_line(procfs_ + "/" + std::to_string(pid) + "/comm");
    found_.push_back({.pid = pid, .name = name.value_or("?"), .how = std::move(how)});
  }

  void look_at(pid_t pid) {
    const std::string process = procfs_ + "/" + std::to_string(pid);
    const auto on_it = [&](const std::string& link) { return leads_to(process + "/" + link, major_, minor_); };
    const auto descriptors = entries_of(process + "/fd");
    if (std::any_of(descriptors.begin(), descriptors.end(), [&](const auto& fd) { return on_it("fd/" + fd); }))
      add(pid, "an open file");
    else if (on_it("cwd"))
      add(pid, "its working directory");
    else if (on_it("root"))
      add(pid, "its root directory");
    else if (on_it("exe"))
      add(pid, "its program");
    else if (maps_a_file_of(process, major_, minor_))
      add(pid, "a mapped file");
  }

  void look_at_namespace(pid_t pid) {
    const std::string process = procfs_ + "/" + std::to_string(pid);
    struct stat status {};
    if (::stat((process + "/ns/mnt").c_str(), &status) != 0 || !namespaces_.insert(status.st_ino).second) return;
    const auto place = mounted_in_namespace_of(process, major_, minor_);
    if (!place) return;
    struct stat ours {};
    if (::stat((procfs_ + "/self/ns/mnt").c_str(), &ours) == 0 && ours.st_ino == status.st_ino)
      add(0, fmt::format("it is also mounted on {}", *place));
    else
      add(pid, fmt::format("a mount in its namespace, {}", *place));
  }

  std::string procfs_;
  unsigned major_;
  unsigned minor_;
  std::vector<Holder> found_;
  std::set<ino_t> namespaces_;
};

/// The files behind loop devices and swap have no process.
std::vector<Holder> kernel_users(const std::string& procfs, unsigned major, unsigned minor) {
  std::vector<Holder> found;
  const auto add_where_it_lies_there = [&](const std::string& file, const std::string& how) {
    if (file.starts_with('/') && leads_to(file, major, minor))
      found.push_back({.pid = 0, .name = "the kernel", .how = how});
  };
  for (const auto& name : entries_of("/sys/block")) {
    if (!name.starts_with("loop")) continue;
    const auto file = base::read_line("/sys/block/" + name + "/loop/backing_file");
    if (file) add_where_it_lies_there(*file, fmt::format("the loop device {} on {}", name, *file));
  }
  const auto swaps = base::read_file(procfs + "/swaps");
  for (std::size_t start = 0; swaps && start < swaps->size();) {
    const auto end = std::min(swaps->find('\n', start), swaps->size());
    const std::string file = swaps->substr(start, swaps->find_first_of(" \t\n", start) - start);
    add_where_it_lies_there(file, "swap on " + file);
    start = end + 1;
  }
  return found;
}

base::Result<std::vector<Holder>> ask_child(std::chrono::milliseconds deadline,
                                            const std::function<std::vector<Holder>()>& search) {
  const auto answer = run_in_child(deadline, [&] {
    base::WireWriter writer;
    const auto found = search();
    writer.number(found.size());
    for (const auto& holder : found) writer.number(holder.pid).text(holder.name).text(holder.how.substr(0, 400));
    return writer.take();
  });
  if (!answer) return with_context(answer.error(), "look for what holds the file system");
  base::WireReader reader(*answer);
  std::vector<Holder> holders;
  for (auto left = reader.number<std::size_t>(); left > 0 && reader.ok(); --left) {
    Holder holder;
    holder.pid = reader.number<pid_t>();
    holder.name = reader.text();
    holder.how = reader.text();
    holders.push_back(std::move(holder));
  }
  return holders;
}

std::set<pid_t> ourselves(const std::string& procfs) {
  std::set<pid_t> pids = {1};
  for (pid_t pid = ::getpid(); pid > 1;) {
    pids.insert(pid);
    const auto status = base::read_file(procfs + "/" + std::to_string(pid) + "/status");
    const auto line = status ? status->find("\nPPid:\t") : std::string::npos;
    if (line == std::string::npos) break;
    const auto start = line + 7;
    pid = pid_of(std::string_view(*status).substr(start, status->find('\n', start) - start)).value_or(1);
  }
  return pids;
}

}  // namespace

base::Result<std::vector<Holder>> holders_of(const std::string& procfs, unsigned major, unsigned minor,
                                             std::chrono::milliseconds deadline) {
  auto holders = ask_child(deadline, [&] { return Search(procfs, major, minor).run(); });
  // On their own: following the path of a backing file may hang on another disk.
  const auto by_kernel = ask_child(kKernelUsersDeadline, [&] { return kernel_users(procfs, major, minor); });
  if (holders && by_kernel) holders->insert(holders->end(), by_kernel->begin(), by_kernel->end());
  return holders;
}

base::Status end_processes(const std::vector<Holder>& holders, std::chrono::milliseconds patience) {
  struct Target {
    const Holder& holder;
    base::UniqueFd process;
  };
  const auto spared = ourselves("/proc");
  std::vector<Target> targets;
  for (const auto& holder : holders) {
    if (holder.pid <= 0) continue;
    if (spared.contains(holder.pid))
      return base::failure(std::errc::operation_not_permitted,
                           fmt::format("{} (pid {}) is not ended: it is what runs this", holder.name, holder.pid));
    // A descriptor names this very process, whoever gets its number next.
    base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, holder.pid, 0)));
    if (process.valid()) targets.push_back({holder, std::move(process)});
  }
  const auto gone = [](const Target& target) {
    pollfd polled{.fd = target.process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 0) > 0;
  };
  for (const int signal : {SIGTERM, SIGKILL}) {
    for (const auto& target : targets)
      if (!gone(target)) ::syscall(SYS_pidfd_send_signal, target.process.get(), signal, nullptr, 0);
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!std::all_of(targets.begin(), targets.end(), gone) && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (const auto& target : targets)
    if (!gone(target))
      return base::failure(std::errc::timed_out, fmt::format("{} (pid {}) does not end, even when killed",
                                                             target.holder.name, target.holder.pid));
  return {};
}

}  // namespace motoko::host
