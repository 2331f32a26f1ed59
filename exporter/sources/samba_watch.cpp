#include "exporter/sources/samba_watch.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

#include "exporter/base/text.h"
#include "exporter/sources/smb_negotiate.h"

namespace motoko::sources {
namespace {

using observation::SambaState;

base::UniqueFd make_eventfd() {
  base::UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd.valid()) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

SambaState not_checked() {
  const auto nothing = [] { return base::failure(std::errc::operation_in_progress, "not checked yet"); };
  return {.running = nothing(), .responding = nothing(), .detail = "not checked yet"};
}

/// False for what a server that is down or sick gives; an error where no answer says nothing about the server.
base::Result<bool> judge(const base::Status& answered) {
  if (answered) return true;
  const auto& error = answered.error();
  for (const std::errc ours :
       {std::errc::invalid_argument, std::errc::operation_canceled, std::errc::too_many_files_open,
        std::errc::too_many_files_open_in_system, std::errc::not_enough_memory, std::errc::no_buffer_space,
        std::errc::address_not_available, std::errc::address_family_not_supported, std::errc::operation_not_permitted,
        std::errc::permission_denied})
    if (error.is(ours)) return tl::unexpected(error);
  return false;
}

std::string describe(const SambaState& state, const base::Status& answered, const SambaWatchOptions& options) {
  if (!state.running) return state.running.error().message();
  if (!*state.running) {
    return answered ? "no smbd process, though something answers SMB on " + options.address : "no smbd process";
  }
  if (answered) return "";
  if (!state.responding) return "smbd runs, and whether it answers is unknown: " + answered.error().message();
  if (answered.error().is(std::errc::timed_out))
    return "smbd runs but did not answer within " + base::format_duration(options.deadline) + " on " + options.address;
  return "smbd runs but does not answer: " + answered.error().message();
}

}  // namespace

SambaWatch::SambaWatch(SambaWatchOptions options)
    : options_(std::move(options)), stop_(make_eventfd()), refresh_(make_eventfd()), state_(not_checked()) {
  thread_ = std::jthread([this] { run(); });
}

SambaWatch::~SambaWatch() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

SambaState SambaWatch::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

bool SambaWatch::refresh_and_wait(base::MonotonicTime deadline) {
  std::unique_lock lock(mutex_);
  const auto request = ++requested_;
  ::eventfd_write(refresh_.get(), 1);
  return checked_.wait_until(lock, deadline, [&] { return served_ >= request; });
}

bool SambaWatch::stopping() const {
  pollfd stop{.fd = stop_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&stop, 1, 0) > 0;
}

void SambaWatch::run() {
  while (!stopping()) {
    const auto started = std::chrono::steady_clock::now();
    eventfd_t ignored = 0;
    ::eventfd_read(refresh_.get(), &ignored);  // before `request` is read, or a refresh could go unseen
    std::unique_lock lock(mutex_);
    const auto request = requested_;
    lock.unlock();
    auto fresh = check();
    if (stopping()) return;  // the check was cut short

    lock.lock();
    const bool changed = fresh != state_;
    state_ = std::move(fresh);
    served_ = request;
    lock.unlock();
    checked_.notify_all();
    if (changed && options_.on_change) options_.on_change();
    wait_until(started + options_.period);
  }
}

void SambaWatch::wait_until(base::MonotonicTime next_check) const {
  std::array<pollfd, 2> fds = {pollfd{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                               pollfd{.fd = refresh_.get(), .events = POLLIN, .revents = 0}};
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(next_check - std::chrono::steady_clock::now()).count();
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(std::clamp<long>(left, 0, INT_MAX)));
    if (ready >= 0 || errno != EINTR) return;
  }
}

SambaState SambaWatch::check() {
  SambaState state{.running = smbd_runs(), .responding = false, .detail = {}};
  const auto answered =
      smb2_negotiate(options_.address, std::chrono::steady_clock::now() + options_.deadline, stop_.get());
  state.responding = judge(answered);
  state.detail = describe(state, answered, options_);
  return state;
}

base::Result<bool> SambaWatch::smbd_runs() {
  if (smbd_ && still_runs(options_.procfs, *smbd_)) return true;
  auto found = find_main_smbd(options_.procfs);
  if (!found) return tl::unexpected(found.error());
  smbd_ = *found;
  return smbd_.has_value();
}

}  // namespace motoko::sources
