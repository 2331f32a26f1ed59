#include "exporter/sources/host_events.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace motoko::sources {
namespace {

using base::UniqueFd;

/// The kernel's own announcements, group 1, which anybody may read (netlink(7), NETLINK_KOBJECT_UEVENT).
UniqueFd open_uevents() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  if (!socket.valid()) return socket;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.reset();
  return socket;
}

/// New records only: those before are read by the kernel log's reader anyway.
UniqueFd open_kmsg(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (fd.valid()) ::lseek(fd.get(), 0, SEEK_END);
  return fd;
}

/// The value of KEY in a message of zero-terminated "KEY=value" fields.
std::string_view field(std::string_view message, std::string_view key) {
  while (!message.empty()) {
    const auto end = std::min(message.find('\0'), message.size());
    const auto line = message.substr(0, end);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == '=')
      return line.substr(key.size() + 1);
    message.remove_prefix(std::min(end + 1, message.size()));
  }
  return {};
}

}  // namespace

HostEvents::HostEvents(const base::HostPaths& paths, HostEventHandlers handlers)
    : handlers_(std::move(handlers)),
      mountinfo_(::open((paths.procfs + "/self/mountinfo").c_str(), O_RDONLY | O_CLOEXEC)),
      kmsg_(open_kmsg(paths.dev + "/kmsg")),
      uevents_(open_uevents()),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

HostEvents::~HostEvents() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

void HostEvents::read_uevents() {
  std::array<char, 8192> buffer{};
  for (;;) {
    const ssize_t count = ::recv(uevents_.get(), buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == ENOBUFS) {
      handlers_.device_changed("");  // some were lost
      continue;
    }
    if (count <= 0) return;
    const std::string_view message(buffer.data(), static_cast<std::size_t>(count));
    if (field(message, "SUBSYSTEM") == "block") handlers_.device_changed(std::string(field(message, "DEVNAME")));
  }
}

void HostEvents::run() {
  std::array<char, 8192> record{};
  for (;;) {
    std::array<pollfd, 4> polled = {{{stop_.get(), POLLIN, 0},
                                     {mountinfo_.get(), POLLPRI, 0},
                                     {kmsg_.get(), POLLIN, 0},
                                     {uevents_.get(), POLLIN, 0}}};
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    if (polled[0].revents != 0) return;
    if ((polled[1].revents & POLLNVAL) != 0) mountinfo_.reset();
    if ((polled[1].revents & (POLLPRI | POLLERR)) != 0) handlers_.mounts_changed();
    if (polled[2].revents != 0) {
      while (::read(kmsg_.get(), record.data(), record.size()) > 0 || errno == EPIPE) errno = 0;
      handlers_.kernel_said_something();
    }
    if (polled[3].revents != 0) read_uevents();
  }
}

}  // namespace motoko::sources
