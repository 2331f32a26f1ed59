#include "exporter/sources/filesystem_uuid.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ioctl.h>
#include <linux/types.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <array>

#include "exporter/base/unique_fd.h"
#include "exporter/sources/mount_tables.h"

namespace motoko::sources {
namespace {

constexpr std::size_t kUuidBytes = 16;

/// struct fsuuid2 and FS_IOC_GETFSUUID of include/uapi/linux/fs.h since 6.9, newer than Debian 12's headers.
struct AnyFilesystemUuid {
  __u8 length;
  std::array<__u8, kUuidBytes> uuid;
};
/// The part of struct fsuuid that the ioctl's number counts.
struct Ext4UuidHeader {
  __u32 length;
  __u32 flags;
};
/// struct fsuuid and EXT4_IOC_GETFSUUID of fs/ext4/ext4.h since 5.19.
struct Ext4Uuid {
  Ext4UuidHeader header;
  std::array<__u8, kUuidBytes> uuid;
};
constexpr unsigned long kGetAnyUuid = _IOR(0x15, 0, AnyFilesystemUuid);
constexpr unsigned long kGetExt4Uuid = _IOR('f', 44, Ext4UuidHeader);

std::string format_uuid(const std::array<__u8, kUuidBytes>& uuid) {
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid[i]);
  }
  return text;
}

std::string uuid_of_root(const std::string& mountpoint) {
  const base::UniqueFd root(::open(mountpoint.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!root.valid()) return {};
  AnyFilesystemUuid any{};
  if (::ioctl(root.get(), kGetAnyUuid, &any) == 0 && any.length == kUuidBytes) return format_uuid(any.uuid);
  Ext4Uuid ext4{.header = {.length = kUuidBytes, .flags = 0}, .uuid = {}};
  if (::ioctl(root.get(), kGetExt4Uuid, &ext4) == 0 && ext4.header.length == kUuidBytes) return format_uuid(ext4.uuid);
  return {};
}

}  // namespace

std::string uuid_where_mounted(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISBLK(status.st_mode)) return {};
  const observation::DeviceNumber number{::major(status.st_rdev), ::minor(status.st_rdev)};
  MountInfoReader reader({});
  const auto table = reader.read();
  if (!table) return {};
  for (const auto& row : **table) {
    if (row.device != number) continue;
    // A path reaches only the top layer, so another mount may cover this row.
    struct stat root {};
    if (::stat(row.target.c_str(), &root) != 0 || root.st_dev != status.st_rdev) continue;
    if (auto uuid = uuid_of_root(row.target); !uuid.empty()) return uuid;
  }
  return {};
}

}  // namespace motoko::sources
