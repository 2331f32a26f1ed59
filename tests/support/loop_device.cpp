#include "tests/support/loop_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <random>
#include <string_view>
#include <system_error>
#include <thread>

#include "tests/support/temp_dir.h"

namespace motoko::testing {
namespace {

using base::UniqueFd;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// In a container with its own /dev the kernel's new device has no node yet. True: it has now.
bool make_missing_node(const std::string& path, int number) {
  constexpr unsigned kLoopMajor = 7;  // Documentation/admin-guide/devices.txt
  if (::access(path.c_str(), F_OK) == 0) return false;
  return ::mknod(path.c_str(), S_IFBLK | 0600, ::makedev(kLoopMajor, static_cast<unsigned>(number))) == 0;
}

/// Unique on this machine for as long as this process lives, and fits into lo_file_name.
std::string new_tag() {
  static std::atomic<unsigned> count{0};
  return "motoko-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

/// Well above the numbers that the kernel hands out. With partitions (max_part) there are fewer of them.
int random_number() {
  const bool partitions = read_text("/sys/module/loop/parameters/max_part") != "0\n";
  static std::mutex mutex;
  static std::mt19937 random{std::random_device{}()};
  const std::lock_guard lock(mutex);
  return std::uniform_int_distribution<int>(1000, partitions ? 4000 : 1'000'000)(random);
}

/// A device with a number of its own.
int add_device(int control) {
  while (true) {
    const int number = random_number();
    if (::ioctl(control, LOOP_CTL_ADD, number) == number) return number;
    if (errno != EEXIST) fail("LOOP_CTL_ADD " + std::to_string(number));
  }
}

}  // namespace

bool is_attached(const LoopAttachment& attachment) {
  const UniqueFd device(::open(("/dev/" + attachment.name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!device.valid()) return false;
  loop_info64 info{};
  if (::ioctl(device.get(), LOOP_GET_STATUS64, &info) != 0) return errno != ENXIO;
  return attachment.tag == reinterpret_cast<const char*>(info.lo_file_name);
}

void remove_free_device(const std::string& name) {
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  const int number = std::stoi(name.substr(std::string_view("loop").size()));
  for (int attempt = 0; ::ioctl(control.get(), LOOP_CTL_REMOVE, number) != 0 && attempt < 20; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

LoopDevice::LoopDevice(const std::string& backing_file) {
  const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.valid()) fail("open /dev/loop-control");
  const UniqueFd file(::open(backing_file.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid()) fail("open " + backing_file);
  const int number = add_device(control.get());
  attachment_ = {"loop" + std::to_string(number), new_tag()};
  const auto path = "/dev/" + attachment_.name;
  made_node_ = make_missing_node(path, number);
  device_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!device_.valid()) fail("open " + path);
  loop_config config{};
  config.fd = static_cast<__u32>(file.get());
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  attachment_.tag.copy(reinterpret_cast<char*>(config.info.lo_file_name), LO_NAME_SIZE - 1);
  if (::ioctl(device_.get(), LOOP_CONFIGURE, &config) != 0) fail("attach " + backing_file + " to " + path);
}

LoopDevice::~LoopDevice() {
  device_.reset();
  remove_free_device(attachment_.name);
  if (made_node_) ::unlink(("/dev/" + attachment_.name).c_str());
}

void LoopDevice::reread_capacity() const {
  if (::ioctl(device_.get(), LOOP_SET_CAPACITY) != 0) fail("LOOP_SET_CAPACITY /dev/" + attachment_.name);
}

}  // namespace motoko::testing
