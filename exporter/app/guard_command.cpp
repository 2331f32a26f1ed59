#include "exporter/app/guard_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "exporter/base/wire.h"
#include "exporter/host/bare_directory.h"
#include "exporter/sources/awaited_jobs.h"

namespace motoko::app {
namespace {

using base::Result;
using host::BareDirectoryState;

enum ExitCode { kDone = 0, kFailed = 1, kRefused = 2, kBadConfig = 3 };

/// How much longer than a probe it may take: it waits for the disk below to write.
constexpr int kProbeDeadlines = 5;

// The directory may itself be on a disk that hangs (a mountpoint below another one), so a disk worker goes there.

std::string request(GuardFlag flag, const std::string& mountpoint) {
  return base::WireWriter().number(flag).text(mountpoint).take();
}

void serve(std::string_view bytes, const std::function<void(std::string_view)>& emit) {
  base::WireReader reader(bytes);
  const auto flag = reader.number<GuardFlag>();
  const auto state = host::set_immutable(reader.text(), flag == GuardFlag::set);
  emit(base::WireWriter().status(state).number(state.value_or(BareDirectoryState{})).take());
}

Result<BareDirectoryState> decode(const sources::JobOutcome& outcome) {
  if (outcome.parts.empty())
    return tl::unexpected(
        outcome.error.value_or(base::Error{std::make_error_code(std::errc::bad_message), "disk worker"}));
  base::WireReader reader(outcome.parts.front());
  if (const auto status = reader.status(); !status) return tl::unexpected(status.error());
  return reader.number<BareDirectoryState>();
}

std::string in_words(GuardFlag flag, const BareDirectoryState& state) {
  if (flag == GuardFlag::remove) return state.changed ? "no longer guarded" : "was not guarded";
  std::string text = state.changed ? "guarded" : "already guarded";
  if (state.entries > 0)
    text += fmt::format("; {} {} under it on the disk below: they stay, and can still be written to", state.entries,
                        state.entries == 1 ? "entry is" : "entries are");
  return text;
}

std::string in_words(GuardFlag flag, const base::Error& error) {
  const auto text =
      fmt::format("cannot {}: {}", flag == GuardFlag::set ? "be guarded" : "remove the guard", error.message());
  if (error.is(std::errc::operation_not_permitted)) return text + " (CAP_SYS_ADMIN and CAP_LINUX_IMMUTABLE are needed)";
  if (error.is(std::errc::timed_out))
    return text + "; whether it was done, `motokoctl check` shows when the disk of that directory answers";
  return text;
}

}  // namespace

int run_guard(const CommonFlags& flags, GuardFlag flag) {
  const auto setup = read_setup(flags);
  if (!setup) {
    print_errors(setup.error());
    return kBadConfig;
  }
  if (::geteuid() != 0) {
    std::fprintf(stderr, "motokoctl guard: only root can set or remove the immutable flag; nothing was changed\n");
    return kRefused;
  }
  if (setup->guards.empty()) {
    std::fprintf(stderr, "motokoctl guard: there is nothing to guard; see `mounts:` in the configuration\n");
    return kBadConfig;
  }
  auto zygote = sources::WorkerZygote::start(serve);
  if (!zygote) {
    std::fprintf(stderr, "motokoctl guard: %s\n", zygote.error().message().c_str());
    return kFailed;
  }
  sources::DiskWorkers workers(std::move(*zygote));
  std::vector<sources::AwaitedJob> jobs;
  for (const auto& guard : setup->guards) jobs.push_back({.key = guard.path, .request = request(flag, guard.path)});
  const auto outcomes = run_and_wait(workers, jobs, kProbeDeadlines * setup->config.probe.deadline);
  int code = kDone;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto state = decode(outcomes[i]);
    const auto line =
        fmt::format("{}: {}\n", setup->guards[i].path, state ? in_words(flag, *state) : in_words(flag, state.error()));
    std::fputs(line.c_str(), state ? stdout : stderr);
    if (!state) code = kFailed;
  }
  return code;
}

}  // namespace motoko::app
