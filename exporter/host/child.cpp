#include "exporter/host/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "exporter/base/clock.h"
#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"

namespace motoko::host {
namespace {

using base::Result;
using base::Status;
using base::UniqueFd;

constexpr std::size_t kMaxAnswerBytes = 65536;
constexpr milliseconds kBetweenTermAndKill{2000};
/// A killed process is usually gone at once; one in uninterruptible sleep is not waited for.
constexpr milliseconds kGoneAfterKill{200};
constexpr int kCannotExecute = 127;

int remaining_ms(base::MonotonicTime end) {
  const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
}

/// True: readable before `end`.
bool wait_readable(int fd, base::MonotonicTime end) {
  for (;;) {
    pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&polled, 1, remaining_ms(end));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// A child of ours. Reaped when it ended; one that will not end is left to the kernel and to whoever reaps it later.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  [[nodiscard]] bool ended_within(milliseconds patience) const {
    return wait_readable(process_.get(), std::chrono::steady_clock::now() + patience);
  }
  [[nodiscard]] int reap() const {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }
  void signal_group(int signal) const { ::kill(-pid_, signal); }
  void kill() const {
    ::kill(pid_, SIGKILL);
    if (ended_within(kGoneAfterKill)) (void)reap();
  }

 private:
  pid_t pid_;
  UniqueFd process_;
};

void become_quiet(int output) {
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output >= 0 ? output : null, STDOUT_FILENO);
  ::dup2(output >= 0 ? output : null, STDERR_FILENO);
}

/// Nothing of ours may live on in a child that the kernel will not let die: the lock of the run least of all.
void let_go_of_everything_but(int fd) {
  if (fd > 3) ::syscall(SYS_close_range, 3U, static_cast<unsigned>(fd - 1), 0U);
  ::syscall(SYS_close_range, static_cast<unsigned>(fd + 1), ~0U, 0U);
}

/// Ours until the parent is gone: not when it went before we could ask for that.
void end_with(pid_t parent, int signal) {
  ::prctl(PR_SET_PDEATHSIG, signal);
  if (::getppid() != parent) ::_exit(1);
}

std::string last_bytes(int file, std::size_t max_bytes) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return {};
  const auto size = static_cast<std::size_t>(status.st_size);
  std::string text(std::min(size, max_bytes), '\0');
  const ssize_t count = ::pread(file, text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

[[noreturn]] void execute(const Program& program, std::vector<char*>& argv, pid_t parent, int output, int failure) {
  ::setsid();
  if (program.ends_with_us) end_with(parent, SIGTERM);
  become_quiet(output);
  // Only here: a child that does a step's work is to be no easier to end than the fix itself.
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir("/") == 0) ::execvp(argv[0], argv.data());
  const int error = errno;
  (void)!::write(failure, &error, sizeof error);
  ::_exit(kCannotExecute);
}

}  // namespace

Result<Finished> run_program(const Program& program) {
  const std::string& name = program.argv.front();
  // A file and no pipe: a daemon that keeps it open is not waited for, and a chatty program never blocks.
  const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
  std::array<int, 2> ends{};
  if (!output.valid() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return base::errno_error(errno, "run " + name);
  const UniqueFd failed_here(ends[0]);
  UniqueFd failed_there(ends[1]);
  std::vector<char*> argv;
  for (const auto& argument : program.argv) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return base::errno_error(errno, "run " + name);
  if (pid == 0) execute(program, argv, parent, output.get(), failed_there.get());
  failed_there.reset();
  const Child child(pid);
  if (!child.ended_within(program.deadline)) {
    child.signal_group(SIGTERM);
    if (!child.ended_within(kBetweenTermAndKill)) child.signal_group(SIGKILL);
    if (child.ended_within(kGoneAfterKill)) (void)child.reap();
    return base::failure(std::errc::timed_out,
                         fmt::format("{} did not end within {} s", name, program.deadline.count() / 1000));
  }
  const int status = child.reap();
  int error = 0;
  if (::read(failed_here.get(), &error, sizeof error) == sizeof error) return base::errno_error(error, "run " + name);
  return Finished{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                  .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                  .output = last_bytes(output.get(), program.max_output_bytes)};
}

std::string describe(const Finished& finished) {
  std::string_view output = finished.output;
  while (!output.empty() && output.back() <= ' ') output.remove_suffix(1);
  const auto line_start = output.rfind('\n');
  const auto last_line = line_start == std::string_view::npos ? output : output.substr(line_start + 1);
  const auto how = finished.signal != 0 ? fmt::format("killed by signal {}", finished.signal)
                                        : fmt::format("exit code {}", finished.exit_code);
  return last_line.empty() ? how : fmt::format("{}: {}", how, last_line);
}

Result<std::string> run_in_child(milliseconds deadline, const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return base::errno_error(errno, "socketpair");
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  const auto end = std::chrono::steady_clock::now() + deadline;
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return base::errno_error(errno, "fork");
  if (pid == 0) {
    end_with(parent, SIGKILL);
    become_quiet(-1);
    if (::chdir("/") != 0) ::_exit(1);
    let_go_of_everything_but(theirs.get());
    try {
      // One packet, so that its arrival, not the end of every process that inherited the socket, ends the wait.
      const std::string answer = work().substr(0, kMaxAnswerBytes);
      ::_exit(::send(theirs.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0 ? 1 : 0);
    } catch (...) {
      ::_exit(1);  // the parent sees that nothing came
    }
  }
  theirs.reset();
  const Child child(pid);
  std::string answer(kMaxAnswerBytes, '\0');
  if (!wait_readable(ours.get(), end)) {
    child.kill();
    return base::failure(std::errc::timed_out, fmt::format("no answer within {} ms", deadline.count()));
  }
  const ssize_t count = ::recv(ours.get(), answer.data(), answer.size(), 0);
  child.kill();
  if (count <= 0) return base::failure(std::errc::broken_pipe, "the child process died");
  answer.resize(static_cast<std::size_t>(count));
  return answer;
}

Status try_in_child(milliseconds deadline, const std::function<Status()>& work) {
  const auto answer = run_in_child(deadline, [&] { return base::WireWriter().status(work()).take(); });
  if (!answer) return tl::unexpected(answer.error());
  base::WireReader reader(*answer);
  auto status = reader.status();
  if (!reader.ok()) return base::failure(std::errc::bad_message, "the child process' answer");
  return status;
}

}  // namespace motoko::host
