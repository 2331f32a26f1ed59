#include "exporter/base/bare_directory.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

namespace motoko::base {
namespace {

/// A copy of the mount that `parent` is on, starting there, without what is mounted below it. It belongs to this
/// descriptor alone (open_tree(2); not AT_RECURSIVE).
Result<UniqueFd> copy_without_mounts(const std::string& parent) {
  UniqueFd tree(
      static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, parent.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree.valid()) return errno_error(errno, "open " + parent + " without what is mounted there");
  return tree;
}

/// Leaves errno alone.
bool is_link(const UniqueFd& parent, const std::string& name) {
  const int saved = errno;
  char target = 0;
  const bool link = ::readlinkat(parent.get(), name.c_str(), &target, sizeof target) >= 0;
  errno = saved;
  return link;
}

}  // namespace

Result<UniqueFd> open_bare_directory(const std::string& mountpoint) {
  const auto slash = mountpoint.rfind('/');
  const std::string name = slash == std::string::npos ? "" : mountpoint.substr(slash + 1);
  if (!mountpoint.starts_with('/') || name.empty() || name == "." || name == "..")
    return errno_error(EINVAL, "\"" + mountpoint + "\" has no bare directory");
  const std::string parent = slash == 0 ? "/" : mountpoint.substr(0, slash);

  const auto tree = copy_without_mounts(parent);
  if (!tree) return tl::unexpected(tree.error());
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  // Nothing is mounted in the copy. Should a kernel see that differently, it refuses (EXDEV) before it steps onto a
  // mount.
  how.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
  UniqueFd directory(static_cast<int>(::syscall(SYS_openat2, tree->get(), name.c_str(), &how, sizeof how)));
  if (directory.valid()) return directory;
  if (errno == ENOTDIR && is_link(*tree, name)) return errno_error(ENOTDIR, mountpoint + " is a symbolic link");
  return errno_error(errno, "open the bare directory of " + mountpoint);
}

Result<unsigned> read_inode_flags(const UniqueFd& directory) {
  unsigned flags = 0;  // the kernel writes an int, whatever the request's number says
  if (::ioctl(directory.get(), FS_IOC_GETFLAGS, &flags) == 0) return flags;
  const int error = errno == ENOTTY ? EOPNOTSUPP : errno;  // kernels differ in which of the two it is
  return errno_error(error, "read the flags of the bare directory");
}

}  // namespace motoko::base
