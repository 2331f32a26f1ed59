#include "exporter/host/fsck.h"

#include <endian.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "exporter/base/unique_fd.h"

namespace motoko::host {
namespace {

constexpr off_t kSuperblockOffset = 1024;
constexpr std::size_t kMagicOffset = 0x38;
constexpr std::size_t kStateOffset = 0x3a;
constexpr std::size_t kErrorCountOffset = 0x194;
constexpr std::uint16_t kMagic = 0xef53;
constexpr std::uint16_t kStateHasErrors = 0x0002;

std::uint16_t little16(const char* bytes) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return le16toh(value);
}

std::uint32_t little32(const char* bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return le32toh(value);
}

}  // namespace

base::Result<bool> records_errors(const std::string& device, milliseconds deadline) {
  const auto answer = run_in_child(deadline, [&] {
    const base::UniqueFd fd(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> superblock{};
    const ssize_t count = fd.valid() ? ::pread(fd.get(), superblock.data(), superblock.size(), kSuperblockOffset) : -1;
    if (count < 0) return "e" + std::to_string(errno);
    if (count < static_cast<ssize_t>(superblock.size())) return "e" + std::to_string(EIO);
    const bool is_ext = little16(&superblock[kMagicOffset]) == kMagic;
    const bool has_errors =
        (little16(&superblock[kStateOffset]) & kStateHasErrors) != 0 || little32(&superblock[kErrorCountOffset]) != 0;
    return std::string(is_ext && has_errors ? "y" : "n");
  });
  if (!answer) return with_context(answer.error(), "read the superblock of " + device);
  if (answer->front() == 'e')
    return base::errno_error(std::stoi(answer->substr(1)), "read the superblock of " + device);
  return answer->front() == 'y';
}

base::Result<Finished> check_ext4(const std::string& device, milliseconds deadline) {
  // In the directories of root, whatever PATH this process has.
  std::string program = "e2fsck";
  for (const auto* directory : {"/usr/sbin/", "/sbin/", "/usr/bin/"})
    if (::access((directory + program).c_str(), X_OK) == 0) {
      program = directory + program;
      break;
    }
  return run_program({.argv = {program, "-p", device}, .deadline = deadline});
}

}  // namespace motoko::host
