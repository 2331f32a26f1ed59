#include "tests/support/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {
namespace {

using base::UniqueFd;

std::optional<std::string> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  // root's login may lack sbin, where mkfs.ext4 and smbd live
  std::istringstream directories(std::string(path != nullptr ? path : "") + ":/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    auto candidate = directory + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

UniqueFd open_or_throw(const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0644));
  if (!fd.valid()) throw std::system_error(errno, std::generic_category(), "open " + path);
  return fd;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Everything the child needs, made before fork(): between fork and exec only async-signal-safe calls are allowed.
struct Launch {
  const char* program_path = nullptr;
  int program = -1;  // opened by the parent: for a user whom the directories above it do not let in
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  std::array<int, 3> standard_fds = {-1, -1, -1};
  const uid_t* user = nullptr;
  const std::vector<int>* capabilities = nullptr;
  pid_t parent = -1;
  int failure_pipe = -1;
};

/// Gives up everything that root may but `capabilities`. False: errno says why.
bool drop_privileges(uid_t id, const std::vector<int>& capabilities) {
  if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0) return false;
  if (::prctl(PR_SET_KEEPCAPS, 1) != 0 || ::setresuid(id, id, id) != 0) return false;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  for (const int capability : capabilities) {
    auto& set = sets[CAP_TO_INDEX(static_cast<unsigned>(capability))];
    set.effective |= CAP_TO_MASK(static_cast<unsigned>(capability));
    set.permitted = set.inheritable = set.effective;
  }
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return false;
  for (const int capability : capabilities) {
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) return false;
  }
  return true;
}

[[noreturn]] void become(const Launch& launch) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(launch.failure_pipe, &error, sizeof error);
    ::_exit(127);
  };
  for (int target = 0; target < 3; ++target) {
    if (::dup2(launch.standard_fds[static_cast<std::size_t>(target)], target) < 0) give_up();
  }
  if (launch.user != nullptr && !drop_privileges(*launch.user, *launch.capabilities)) give_up();
  // After the change of user, which clears it.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up();
  if (::getppid() != launch.parent) ::_exit(127);  // the parent was gone before the line above
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (launch.user != nullptr) {
    ::execveat(launch.program, "", launch.argv, launch.environment, AT_EMPTY_PATH);
  } else {  // by name: before Linux 6.14 execveat leaves the descriptor's number as the process' name
    ::execve(launch.program_path, launch.argv, launch.environment);
  }
  give_up();
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const Command& command) {
  const auto program_path = find_program(command.argv.at(0));
  if (!program_path) throw std::system_error(ENOENT, std::generic_category(), command.argv[0]);
  const auto program = open_or_throw(*program_path, O_PATH);
  const auto input = open_or_throw(command.standard_input.empty() ? "/dev/null" : command.standard_input, O_RDONLY);
  const auto output = open_or_throw(directory_.path("stdout"), O_WRONLY | O_CREAT | O_APPEND);
  const auto errors = open_or_throw(directory_.path("stderr"), O_WRONLY | O_CREAT | O_APPEND);

  auto arguments = command.argv;
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  for (const auto& [name, value] : command.environment) {
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name + "="); });
    environment.push_back(name + "=" + value);
  }
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);

  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const UniqueFd failure_reader(failure[0]);
  UniqueFd failure_writer(failure[1]);

  Launch launch;
  launch.program_path = program_path->c_str();
  launch.program = program.get();
  launch.argv = argument_pointers.data();
  launch.environment = environment_pointers.data();
  launch.standard_fds = {input.get(), output.get(), errors.get()};
  launch.user = command.unprivileged ? &*command.unprivileged : nullptr;
  launch.capabilities = &command.capabilities;
  launch.parent = ::getpid();
  launch.failure_pipe = failure_writer.get();
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ == 0) become(launch);

  failure_writer.reset();
  int error = 0;
  if (::read(failure_reader.get(), &error, sizeof error) == sizeof error) {
    ::waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "start " + *program_path);
  }
}

ChildProcess::~ChildProcess() {
  if (!running()) return;
  send(SIGKILL);
  (void)wait(std::chrono::seconds(5));
}

bool ChildProcess::running() {
  return !wait(std::chrono::milliseconds(0)).has_value();
}

void ChildProcess::send(int signal) const {
  if (!status_) ::kill(pid_, signal);
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!status_) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = WIFEXITED(status) ? ExitStatus{WEXITSTATUS(status), 0} : ExitStatus{-1, WTERMSIG(status)};
    } else if (ended < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "waitpid");
    } else if (std::chrono::steady_clock::now() >= end) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return status_;
}

std::string ChildProcess::standard_output() const {
  return read_text(directory_.path("stdout"));
}
std::string ChildProcess::standard_error() const {
  return read_text(directory_.path("stderr"));
}

Finished run(const Command& command, std::chrono::milliseconds deadline) {
  ChildProcess child(command);
  const auto status = child.wait(deadline);
  if (!status) {
    throw std::runtime_error(fmt::format("{} still runs after {} ms\n{}{}", fmt::join(command.argv, " "),
                                         deadline.count(), child.standard_output(), child.standard_error()));
  }
  return {*status, child.standard_output(), child.standard_error()};
}

std::string run_checked(const Command& command, std::chrono::milliseconds deadline) {
  const auto finished = run(command, deadline);
  if (finished.status.code != 0) {
    throw std::runtime_error(fmt::format("{}: exit code {}, signal {}\n{}{}", fmt::join(command.argv, " "),
                                         finished.status.code, finished.status.signal, finished.standard_output,
                                         finished.standard_error));
  }
  return finished.standard_output;
}

bool has_program(const std::string& name) {
  return find_program(name).has_value();
}

}  // namespace motoko::testing
