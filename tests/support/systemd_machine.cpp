#include "tests/support/systemd_machine.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include "tests/support/privileges.h"

namespace motoko::testing {
namespace {

constexpr std::chrono::seconds kBootDeadline{60};
constexpr const char* kSystemd = "/lib/systemd/systemd";
constexpr const char* kScript = MOTOKO_SOURCE_DIR "/tests/support/systemd_machine.sh";

}  // namespace

std::optional<std::string> missing_for_systemd_machine() {
  if (auto why = missing_privilege()) return *why + "; run tests/run as root";
  if (::access(kSystemd, X_OK) != 0) return std::string("no ") + kSystemd;
  for (const std::string program : {"udevadm", "dbus-daemon", "unshare", "nsenter", "setpriv"}) {
    if (!has_program(program)) return "no program " + program;
  }
  return std::nullopt;
}

SystemdMachine::SystemdMachine(const MachineOptions& options) {
  directory_.make_directory("files");
  for (const auto& [path, content] : options.files) directory_.write("files" + path, content);
  script_ = std::make_unique<ChildProcess>(Command{{kScript, directory_.path(), MOTOKO_BIN_DIR}});
  try {
    wait_for_boot(options.devices);
  } catch (const std::exception& error) {
    stop();
    throw std::runtime_error(fmt::format("boot a systemd machine: {}\n{}{}", error.what(), script_->standard_output(),
                                         script_->standard_error()));
  }
}

SystemdMachine::~SystemdMachine() {
  stop();
}

void SystemdMachine::stop() {
  // The kernel kills every process of the PID namespace with its first one; the script then removes their cgroup.
  if (pid_ > 0) ::kill(pid_, SIGKILL);
  (void)script_->wait(std::chrono::seconds(10));
}

void SystemdMachine::wait_for_boot(const std::vector<std::string>& devices) {
  const auto end = std::chrono::steady_clock::now() + kBootDeadline;
  const auto poll = [&] {
    if (!script_->running()) throw std::runtime_error("the script ended");
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("PID 1 did not come up in time");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  };
  std::string pid;
  while ((pid = read_text(directory_.path("pid"))).find('\n') == std::string::npos) poll();
  pid_ = std::stoi(pid);
  while (::access(path("/run/systemd/private").c_str(), F_OK) != 0) poll();
  while (!devices.empty() && !std::filesystem::is_socket(path("/run/udev/control"))) poll();
  for (const auto& device : devices) plug_in(device);
  const auto waiting = run({"timeout", "50", "systemctl", "is-system-running", "--wait"}, kBootDeadline);
  const auto& state = waiting.standard_output;
  if (state != "running\n" && state != "degraded\n") {
    throw std::runtime_error(fmt::format("systemd is not up: {}{}{}{}", state, waiting.standard_error,
                                         run({"systemctl", "list-jobs", "--no-pager"}).standard_output, journal()));
  }
}

std::string SystemdMachine::path(const std::string& path) const {
  return fmt::format("/proc/{}/root{}", pid_, path);
}

void SystemdMachine::write(const std::string& path, const std::string& content) const {
  const auto seen_here = this->path(path);
  std::filesystem::create_directories(std::filesystem::path(seen_here).parent_path());
  write_file(seen_here, content);
}

Command SystemdMachine::inside(const std::vector<std::string>& argv) const {
  Command command{{"nsenter", "--target", std::to_string(pid_), "--mount", "--pid", "--net", "--uts", "--ipc", "--root",
                   "--wd=/", "--"}};
  command.argv.insert(command.argv.end(), argv.begin(), argv.end());
  return command;
}

Finished SystemdMachine::run(const std::vector<std::string>& argv, std::chrono::milliseconds deadline) {
  return testing::run(inside(argv), deadline);
}

std::string SystemdMachine::run_checked(const std::vector<std::string>& argv, std::chrono::milliseconds deadline) {
  return testing::run_checked(inside(argv), deadline);
}

void SystemdMachine::plug_in(const std::string& device) {
  struct stat status {};
  if (::stat(device.c_str(), &status) != 0) throw std::system_error(errno, std::generic_category(), "stat " + device);
  if (::mknod(path(device).c_str(), S_IFBLK | 0660, status.st_rdev) != 0 && errno != EEXIST) {
    throw std::system_error(errno, std::generic_category(), "make a node for " + device);
  }
  // The kernel announced it before there was a node.
  const auto name = std::string_view(device).substr(std::string_view("/dev/").size());
  run_checked({"udevadm", "trigger", "--action=change", "--settle", fmt::format("/sys/class/block/{}", name)});
}

bool SystemdMachine::is_seen_as_container() {
  return run({"systemd-detect-virt", "--container"}).status.code == 0;
}

std::string SystemdMachine::journal() {
  // All but the kernel's.
  return run({"journalctl", "--no-pager", "--quiet", "_TRANSPORT=journal", "_TRANSPORT=stdout", "_TRANSPORT=syslog"})
      .standard_output;
}

}  // namespace motoko::testing
