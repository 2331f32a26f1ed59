// Mounting and unmounting for tests, and the mount table as the kernel prints it. Calls the kernel directly, so that
// what the product learns through libmount is checked against something else.
#pragma once

#include <string>
#include <vector>

namespace motoko::testing {

/// One row of /proc/self/mountinfo, octal escapes decoded.
struct MountRow {
  std::string target;
  std::string source;
  std::string fs_type;
  std::string super_options;
  bool operator==(const MountRow&) const = default;
};

/// All rows, in the order of the table. Never blocks on a disk.
[[nodiscard]] std::vector<MountRow> mount_rows();

/// The rows whose target is `path`, bottom first.
[[nodiscard]] std::vector<MountRow> rows_at(const std::string& path);

/// mount(2) for an ext4 device. `options`: comma-separated; "ro", "noatime" and "bind"-like flags are understood, the
/// rest goes to the file system. Throws std::system_error.
void mount_ext4(const std::string& device, const std::string& path, const std::string& options = "");

/// mount --bind. Throws std::system_error.
void bind_mount(const std::string& from, const std::string& to);

/// A tmpfs. Throws std::system_error.
void mount_tmpfs(const std::string& path);

/// umount2(2) of the top layer; retries a short while on EBUSY, for a probe of the product may just be in there.
/// Throws std::system_error.
void unmount(const std::string& path);

/// umount -l of the top layer. Throws std::system_error. Blocks on a hung disk.
void lazy_unmount(const std::string& path);

/// umount -l of everything at or below `path`, upper layers first. Never throws. Blocks on a hung disk.
void detach_below(const std::string& path) noexcept;

}  // namespace motoko::testing
