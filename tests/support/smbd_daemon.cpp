#include "tests/support/smbd_daemon.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "tests/support/eventually.h"

namespace motoko::testing {
namespace {

// Each start leaves a line, so that a test can tell a restart from an smbd that was left alone.
constexpr const char* kStart = R"(#!/bin/sh
echo started >>{0}/starts
exec /usr/sbin/smbd -D -s {0}/smb.conf
)";
// As a service manager does it: ask, wait, then kill every process that is left. Nobody reaps the dead in a test.
constexpr const char* kStop = R"(#!/bin/sh
pkill -TERM -x smbd
for i in $(seq 100); do pgrep -r D,R,S,T -x smbd >/dev/null || exit 0; sleep 0.02; done
pkill -KILL -x smbd
exit 0
)";

void make_script(const TempDir& directory, const char* name, const std::string& text) {
  directory.write(name, text);
  if (::chmod(directory.path(name).c_str(), 0700) != 0)
    throw std::system_error(errno, std::generic_category(), std::string("chmod ") + name);
}

}  // namespace

SmbdDaemon::SmbdDaemon(const std::vector<SharedDirectory>& shares) : port_(free_port()) {
  directory_.write("smb.conf", smbd_configuration(directory_, shares, port_));
  make_script(directory_, "start", fmt::format(kStart, directory_.path()));
  make_script(directory_, "stop", kStop);
}

std::string SmbdDaemon::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::string SmbdDaemon::config() const {
  return fmt::format("{{enabled: true, address: \"{}\", control: command, commands: {{start: [{}], stop: [{}]}}}}",
                     address(), directory_.path("start"), directory_.path("stop"));
}

void SmbdDaemon::start() {
  run_checked({{directory_.path("start")}});
  std::string said;
  const auto answers = eventually(
      std::chrono::seconds(20),
      [&] {
        const auto listed =
            run({{"smbclient", "-N", "-s", "/dev/null", "-p", std::to_string(port_), "-L", "127.0.0.1"}});
        said = listed.standard_output + listed.standard_error;
        return listed.status.code == 0;
      },
      [&] { return said; });
  if (!answers) throw std::runtime_error(std::string("smbd does not answer: ") + answers.message());
}

void SmbdDaemon::stop() {
  run_checked({{directory_.path("stop")}});
}

int SmbdDaemon::starts() const {
  if (!std::filesystem::exists(directory_.path("starts"))) return 0;
  const auto text = read_text(directory_.path("starts"));
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

Finished SmbdDaemon::client(const std::string& share, const std::string& command) const {
  return run(
      {{"smbclient", "-N", "-s", "/dev/null", "-p", std::to_string(port_), "//127.0.0.1/" + share, "-c", command}});
}

std::unique_ptr<ChildProcess> SmbdDaemon::client_with_open_file(const std::string& share, const std::string& file) {
  // The client opens the remote file first, then reads a local one whose other end nobody opens.
  const auto fifo = directory_.path("fifo" + std::to_string(++clients_));
  if (::mkfifo(fifo.c_str(), 0600) != 0) throw std::system_error(errno, std::generic_category(), "mkfifo " + fifo);
  return std::make_unique<ChildProcess>(Command{{"smbclient", "-N", "-s", "/dev/null", "-p", std::to_string(port_),
                                                 "//127.0.0.1/" + share, "-c", "put " + fifo + " " + file}});
}

}  // namespace motoko::testing
