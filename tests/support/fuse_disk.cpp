#include "tests/support/fuse_disk.h"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/support/mounts.h"
#include "tests/support/process_state.h"

namespace motoko::testing {
namespace {

constexpr auto kDaemonDeadline = std::chrono::seconds(10);

}  // namespace

FuseDisk::FuseDisk(const Ext4Options& options) : mountpoint_(directory_.make_directory("served")) {
  auto with_uuid = options;
  if (with_uuid.uuid.empty()) with_uuid.uuid = random_uuid();
  const auto backing = directory_.path("backing.img");
  make_ext4_image(backing, with_uuid);
  daemon_.emplace(Command{{MOTOKO_FUSE_FILE, backing, directory_.make_directory("control"), mountpoint_}});
  const auto deadline = std::chrono::steady_clock::now() + kDaemonDeadline;
  while (::access(served_file().c_str(), F_OK) != 0) {
    if (!daemon_->running() || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("motoko_fuse_file does not serve: " + daemon_->standard_error());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  disk_.emplace(served_file(), with_uuid.uuid);
}

FuseDisk::~FuseDisk() {
  daemon_.reset();  // SIGKILL, also when it is stopped; closing its /dev/fuse aborts the connection
  disk_.reset();
}

void FuseDisk::hang() {
  daemon_->send(SIGSTOP);
  const auto deadline = std::chrono::steady_clock::now() + kDaemonDeadline;
  while (process_state(daemon_->pid()) != 'T') {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("motoko_fuse_file does not stop");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void FuseDisk::answer() {
  daemon_->send(SIGCONT);
}

void FuseDisk::fail_reads(bool fail) {
  set_fault("fail_reads", fail);
}
void FuseDisk::fail_writes(bool fail) {
  set_fault("fail_writes", fail);
}

void FuseDisk::set_fault(const char* name, bool on) {
  const auto file = directory_.path("control/") + name;
  if (on) {
    write_file(file, "");
  } else {
    std::filesystem::remove(file);
  }
}

}  // namespace motoko::testing
