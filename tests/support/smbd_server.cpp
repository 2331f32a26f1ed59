#include "tests/support/smbd_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "tests/support/smbd_configuration.h"

namespace motoko::testing {
namespace {

using base::UniqueFd;

constexpr const char* kSmbd = "/usr/sbin/smbd";
constexpr char kFreeze = 's';
constexpr char kThaw = 'c';

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// The first process of smbd's namespace. Only async-signal-safe calls: it is a fork of a program with threads.
[[noreturn]] void supervise(const char* const* smbd_argv, int control, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "smbd-supervisor");
  const pid_t smbd = ::fork();
  if (smbd == 0) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(output, 1);
    ::dup2(output, 2);
    ::execv(kSmbd, const_cast<char* const*>(smbd_argv));
    ::_exit(127);
  }
  // smbd's end closes nothing here, so look after it between two commands.
  for (;;) {
    char command = 0;
    const ssize_t size = ::recv(control, &command, 1, MSG_DONTWAIT);
    if (size == 0) ::_exit(0);  // the test is gone
    if (size == 1) {
      ::kill(-1, command == kFreeze ? SIGSTOP : SIGCONT);
      (void)::send(control, &command, 1, MSG_NOSIGNAL);
    }
    int status = 0;
    while (const pid_t ended = ::waitpid(-1, &status, WNOHANG)) {
      if (ended == smbd || ended < 0) ::_exit(1);
    }
    pollfd next_command{.fd = control, .events = POLLIN, .revents = 0};
    ::poll(&next_command, 1, 10);
  }
}

}  // namespace

std::optional<std::string> missing_smbd() {
  if (::geteuid() != 0) return "not root";
  if (::access(kSmbd, X_OK) != 0) return std::string("no ") + kSmbd;
  return std::nullopt;
}

SmbdServer::SmbdServer(const std::string& share_path, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  // Another process may take the free port before smbd does; smbd then ends.
  while (std::chrono::steady_clock::now() < end) {
    port_ = free_port();
    directory_.write("smb.conf", smbd_configuration(directory_, {{"share", share_path}}, port_));
    start();
    if (wait_until_listening(end)) return;
    stop();
  }
  throw std::runtime_error("smbd does not listen:\n" + log());
}

SmbdServer::~SmbdServer() {
  stop();
}

std::string SmbdServer::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void SmbdServer::start() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) throw_errno("socketpair");
  control_.reset(ends[0]);
  const UniqueFd supervisor_end(ends[1]);
  const UniqueFd output(::open(directory_.path("output").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!output.valid()) throw_errno("open smbd's output");
  const std::string configuration_file = directory_.path("smb.conf");
  const std::array<const char*, 6> argv = {kSmbd,  "-F", "--no-process-group", "-s", configuration_file.c_str(),
                                           nullptr};

  const long child = ::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child < 0) throw_errno("clone into a new PID namespace");
  if (child == 0) {
    ::close(control_.get());
    supervise(argv.data(), supervisor_end.get(), output.get());
  }
  supervisor_ = static_cast<pid_t>(child);
}

bool SmbdServer::wait_until_listening(std::chrono::steady_clock::time_point end) {
  while (std::chrono::steady_clock::now() < end) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port_);
    const bool connected = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (::waitpid(supervisor_, nullptr, WNOHANG) == supervisor_) {
      supervisor_ = -1;
      return false;
    }
    if (connected) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void SmbdServer::stop() {
  if (supervisor_ <= 0) return;
  ::kill(supervisor_, SIGKILL);
  // Returns only when the kernel has ended every process of the namespace.
  while (::waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) {
  }
  supervisor_ = -1;
  control_.reset();
}

void SmbdServer::tell_supervisor(char command) const {
  char reply = 0;
  if (::send(control_.get(), &command, 1, MSG_NOSIGNAL) != 1 || ::recv(control_.get(), &reply, 1, 0) != 1)
    throw std::runtime_error("smbd is not running:\n" + log());
}

void SmbdServer::freeze() const {
  tell_supervisor(kFreeze);
}
void SmbdServer::thaw() const {
  tell_supervisor(kThaw);
}

std::string SmbdServer::log() const {
  return read_text(directory_.path("log")) + read_text(directory_.path("output"));
}

}  // namespace motoko::testing
