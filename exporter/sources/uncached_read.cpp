#include "exporter/sources/uncached_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>
#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>

#include "exporter/base/directory.h"
#include "exporter/base/unique_fd.h"

namespace motoko::sources {
namespace {

using base::errno_error;
using base::Error;
using base::Result;
using base::UniqueFd;

constexpr std::size_t kBlockBytes = 4096;  // a multiple of every logical block size that ext4 supports
constexpr unsigned kMaxDirectories = 64;
constexpr unsigned kMaxEntries = 2048;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
Error error_of(int error_number, std::string context) {
  return errno_error(error_number, std::move(context)).value();
}

/// The first byte of `fd` that is on the disk. nullopt: none is. Where the file system has no FIEMAP: 0.
Result<std::optional<off_t>> first_offset_on_disk(int fd) {
  constexpr unsigned kExtents = 16;
  constexpr unsigned kNotOnDisk = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_DATA_INLINE |
                                  FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_DATA_TAIL;
  alignas(fiemap) std::array<char, sizeof(fiemap) + kExtents * sizeof(fiemap_extent)> memory{};
  auto* const map = reinterpret_cast<fiemap*>(memory.data());
  map->fm_length = FIEMAP_MAX_OFFSET;
  map->fm_extent_count = kExtents;
  if (::ioctl(fd, FS_IOC_FIEMAP, map) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOTTY) return off_t{0};
    return errno_error(errno, "fiemap");
  }
  for (unsigned i = 0; i < map->fm_mapped_extents; ++i) {
    const auto& extent = map->fm_extents[i];
    if ((extent.fe_flags & kNotOnDisk) == 0) return static_cast<off_t>(extent.fe_logical / kBlockBytes * kBlockBytes);
  }
  return std::nullopt;
}

/// O_NOATIME: even a read of cached data can block on the time stamp. Only the owner may ask for it.
int open_quietly(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOATIME);
  if (fd >= 0 || errno != EPERM) return fd;
  return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/// Where O_DIRECT is not to be had, the cached pages are dropped first.
UniqueFd open_uncached(const std::string& path) {
  UniqueFd fd(open_quietly(path, O_RDONLY | O_DIRECT));
  if (fd.valid() || errno != EINVAL) return fd;
  fd.reset(open_quietly(path, O_RDONLY));
  if (fd.valid()) ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  return fd;
}

Result<bool> read_block(int fd, off_t offset, const std::string& context) {
  const std::unique_ptr<void, Free> block(std::aligned_alloc(kBlockBytes, kBlockBytes));
  if (!block) return errno_error(ENOMEM, context);
  const ssize_t count = ::pread(fd, block.get(), kBlockBytes, offset);
  if (count < 0) return errno_error(errno, context);
  return count > 0;
}

/// True: a block of this file was read from the disk. False: it has none, or is not a file to read.
Result<bool> read_file_uncached(const std::string& path, dev_t file_system) {
  const UniqueFd handle(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!handle.valid()) return errno_error(errno, "open " + path);
  struct stat status {};
  if (::fstat(handle.get(), &status) != 0) return errno_error(errno, "stat " + path);
  if (!S_ISREG(status.st_mode) || status.st_size == 0 || status.st_blocks == 0 || status.st_dev != file_system)
    return false;
  const UniqueFd fd = open_uncached(fmt::format("/proc/self/fd/{}", handle.get()));
  if (!fd.valid()) {
    if (errno == EWOULDBLOCK) return false;  // somebody holds a lease on it; leave it alone
    return errno_error(errno, "open " + path);
  }
  const auto offset = first_offset_on_disk(fd.get());
  if (!offset) return with_context(offset.error(), path);
  if (!*offset) return false;
  return read_block(fd.get(), **offset, "read " + path);
}

}  // namespace

bool proves_nothing(const Error& error) {
  return error.is(std::errc::permission_denied) || error.is(std::errc::operation_not_permitted) ||
         error.is(std::errc::no_message_available) || error.is(std::errc::not_enough_memory) ||
         error.is(std::errc::too_many_files_open) || error.is(std::errc::too_many_files_open_in_system) ||
         error.is(std::errc::no_such_file_or_directory) || error.is(std::errc::operation_not_supported) ||
         error.is(std::errc::operation_in_progress);
}

Result<std::string> read_some_file(const std::string& mountpoint, const std::string& known_file) {
  struct stat root {};
  if (::stat(mountpoint.c_str(), &root) != 0) return errno_error(errno, "stat " + mountpoint);
  if (!known_file.empty()) {
    const auto read = read_file_uncached(mountpoint + "/" + known_file, root.st_dev);
    if (read && *read) return known_file;
    if (!read && !proves_nothing(read.error())) return tl::unexpected(read.error());
  }
  std::optional<Error> refused;
  unsigned entries = 0;
  std::deque<std::string> directories = {""};
  for (unsigned visited = 0; !directories.empty() && visited < kMaxDirectories; ++visited) {
    const std::string below = directories.front();
    directories.pop_front();
    const std::string path = below.empty() ? mountpoint : mountpoint + "/" + below;
    const int fd = open_quietly(path, O_RDONLY | O_DIRECTORY | (below.empty() ? 0 : O_NOFOLLOW));
    if (fd < 0) {
      const Error error = error_of(errno, "open " + path);
      if (!proves_nothing(error) && !error.is(std::errc::not_a_directory)) return tl::unexpected(error);
      if (!error.is(std::errc::no_such_file_or_directory)) refused = error;
      continue;
    }
    const base::DirectoryStream directory(::fdopendir(fd));
    if (!directory) return errno_error(errno, "open " + path);
    struct stat status {};
    if (::fstat(fd, &status) != 0) return errno_error(errno, "stat " + path);
    if (status.st_dev != root.st_dev) continue;
    for (errno = 0; const dirent* entry = ::readdir(directory.get()); errno = 0) {
      const std::string name = entry->d_name;
      if (name == "." || name == ".." || ++entries > kMaxEntries) continue;
      const std::string candidate = below.empty() ? name : below + "/" + name;
      if (entry->d_type == DT_DIR) directories.push_back(candidate);
      if (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN) continue;
      const auto read = read_file_uncached(mountpoint + "/" + candidate, root.st_dev);
      if (read && *read) return candidate;
      if (read) continue;
      if (!proves_nothing(read.error())) return tl::unexpected(read.error());
      if (!read.error().is(std::errc::no_such_file_or_directory)) refused = read.error();
    }
    if (errno != 0) return errno_error(errno, "list " + path);
  }
  if (refused) return tl::unexpected(*refused);
  return base::failure(std::errc::no_message_available, "no file on " + mountpoint + " has a block to read");
}

base::Status read_device(const std::string& path, observation::DeviceNumber expected) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return errno_error(errno, "open " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error(errno, "stat " + path);
  if (!S_ISBLK(status.st_mode) || ::major(status.st_rdev) != expected.major ||
      ::minor(status.st_rdev) != expected.minor)
    return errno_error(ENODEV, path);
  const auto read = read_block(fd.get(), 0, "read " + path);
  if (!read) return tl::unexpected(read.error());
  if (!*read) return errno_error(ENXIO, path + " has no size");
  return {};
}

}  // namespace motoko::sources
