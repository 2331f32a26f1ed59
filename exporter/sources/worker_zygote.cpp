#include "exporter/sources/worker_zygote.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

namespace motoko::sources {
namespace {

using base::errno_error;
using base::Result;
using base::UniqueFd;

constexpr int kReplySeconds = 5;

/// What can go with one message.
constexpr std::size_t kMaxDescriptors = 2;
using Descriptors = std::vector<UniqueFd>;

/// Sends one byte and these descriptors, if any (unix(7), SCM_RIGHTS).
bool send_fds(int socket, std::initializer_list<int> fds) {
  char byte = 'w';
  iovec io{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  if (fds.size() > 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.begin(), fds.size() * sizeof(int));
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

/// The descriptors that came with the next message; it may have none. nullopt: no message.
std::optional<Descriptors> receive_fds(int socket) {
  char byte = 0;
  iovec io{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &io;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count <= 0) return std::nullopt;
  Descriptors descriptors;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (!header || header->cmsg_type != SCM_RIGHTS) return descriptors;
  for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= header->cmsg_len; at += sizeof(int)) {
    int fd = -1;
    std::memcpy(&fd, reinterpret_cast<const char*>(header) + at, sizeof fd);
    descriptors.emplace_back(fd);
  }
  return descriptors;
}

bool send_message(int channel, char type, std::string_view bytes) {
  std::string message(1, type);
  message += bytes.substr(0, kMaxMessageBytes - 1);
  return ::send(channel, message.data(), message.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(message.size());
}

[[noreturn]] void run_worker(int channel, WorkerMailbox& mailbox, const WorkerHandler& handler) {
  ::prctl(PR_SET_NAME, "motoko-worker");
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMaxMessageBytes);
  for (;;) {
    const ssize_t count = ::recv(channel, buffer.get(), kMaxMessageBytes, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(0);
    try {
      handler({buffer.get(), static_cast<std::size_t>(count)}, [&](std::string_view part) {
        if (!mailbox.put(part) && !send_message(channel, kMessagePart, part)) ::_exit(1);
      });
    } catch (...) {
      ::_exit(1);  // the caller sees the channel close and says that the worker failed
    }
    if (!send_message(channel, kMessageEnd, {})) ::_exit(0);
  }
}

void on_child_ended(int) {}  // only there to interrupt recvmsg(), so that the child is reaped at once

/// Nothing here may keep a disk busy or a pipe open that somebody waits for the end of.
void let_go_of_everything_but(int fd) {
  const int null = ::open("/dev/null", O_RDWR);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (null >= 0)
      ::dup2(null, standard);
    else
      ::close(standard);
  if (fd > 3) ::syscall(SYS_close_range, 3U, static_cast<unsigned>(fd - 1), 0U);
  ::syscall(SYS_close_range, static_cast<unsigned>(fd + 1), ~0U, 0U);
  if (::chdir("/") != 0) ::_exit(1);
}

[[noreturn]] void run_zygote(int socket, const WorkerHandler& handler) {
  let_go_of_everything_but(socket);
  ::prctl(PR_SET_NAME, "motoko-zygote");
  // The program decides when this ends: by closing the socket. A terminal's Ctrl-C or a stop of the unit reaches all.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(signal, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = on_child_ended;
  ::sigaction(SIGCHLD, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (;;) {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    errno = 0;
    const auto ends = receive_fds(socket);
    if (!ends) {
      if (errno == EINTR) continue;
      ::_exit(0);
    }
    if (ends->size() != kMaxDescriptors) continue;
    const pid_t child = ::fork();
    if (child == 0) {
      auto mailbox = WorkerMailbox::map((*ends)[1].get());
      if (!mailbox) mailbox.emplace();
      let_go_of_everything_but((*ends)[0].get());
      run_worker((*ends)[0].get(), *mailbox, handler);
    }
    // The child is not reaped before this line, so its number cannot have gone to another process.
    const UniqueFd process(child > 0 ? static_cast<int>(::syscall(SYS_pidfd_open, child, 0)) : -1);
    if (!(process.valid() ? send_fds(socket, {process.get()}) : send_fds(socket, {}))) ::_exit(0);
  }
}

}  // namespace

Result<WorkerZygote> WorkerZygote::start(const WorkerHandler& handler) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno_error(errno, "socketpair");
  UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  const pid_t child = ::fork();
  if (child < 0) return errno_error(errno, "fork");
  if (child == 0) {
    ours.reset();
    run_zygote(theirs.get(), handler);
  }
  const timeval timeout{kReplySeconds, 0};
  ::setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  return WorkerZygote(std::move(ours));
}

Result<Worker> WorkerZygote::fork_worker() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return errno_error(errno, "socketpair");
  Worker worker{UniqueFd(pair[0]), UniqueFd(), WorkerMailbox()};
  const UniqueFd theirs(pair[1]);
  const auto memory = WorkerMailbox::make();
  if (!memory) return tl::unexpected(memory.error());
  auto mailbox = WorkerMailbox::map(memory->get());
  if (!mailbox) return tl::unexpected(mailbox.error());
  worker.mailbox = std::move(*mailbox);
  if (!send_fds(socket_.get(), {theirs.get(), memory->get()})) return errno_error(errno, "ask for a disk worker");
  auto process = receive_fds(socket_.get());
  if (!process) return errno_error(errno == 0 ? EPIPE : errno, "wait for a disk worker");
  if (process->empty()) return base::failure(std::errc::resource_unavailable_try_again, "fork a disk worker");
  worker.process = std::move(process->front());
  return worker;
}

}  // namespace motoko::sources
