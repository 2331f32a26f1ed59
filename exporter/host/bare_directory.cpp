#include "exporter/host/bare_directory.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

#include "exporter/base/bare_directory.h"
#include "exporter/base/directory.h"

namespace motoko::host {
namespace {

using base::Result;
using base::UniqueFd;

constexpr const char* kSet = "set the immutable flag";

tl::unexpected<base::Error> no_such_flag() {
  return base::errno_error(EOPNOTSUPP, "the file system below has no immutable flag");
}

base::Status write_flag(const UniqueFd& directory, unsigned flags, bool immutable) {
  unsigned wanted = immutable ? flags | FS_IMMUTABLE_FL : flags & ~static_cast<unsigned>(FS_IMMUTABLE_FL);
  if (::ioctl(directory.get(), FS_IOC_SETFLAGS, &wanted) != 0) {
    if (errno == EOPNOTSUPP || errno == ENOTTY) return no_such_flag();
    return base::errno_error(errno, immutable ? kSet : "clear the immutable flag");
  }
  if (::fsync(directory.get()) != 0) return base::errno_error(errno, "fsync the bare directory");
  // Some file systems take flags that they do not keep.
  const auto now = base::read_inode_flags(directory);
  if (!now) return tl::unexpected(now.error());
  if (((*now & FS_IMMUTABLE_FL) != 0) != immutable) return no_such_flag();
  return {};
}

}  // namespace

Result<BareDirectoryState> set_immutable(const std::string& mountpoint, bool immutable) {
  auto directory = base::open_bare_directory(mountpoint);
  if (!directory) return tl::unexpected(directory.error());
  const auto flags = base::read_inode_flags(*directory);
  if (!flags) {
    if (flags.error().is(std::errc::operation_not_supported)) return no_such_flag();
    return tl::unexpected(flags.error());
  }
  BareDirectoryState state;
  state.changed = ((*flags & FS_IMMUTABLE_FL) != 0) != immutable;
  if (state.changed)
    if (const auto written = write_flag(*directory, *flags, immutable); !written)
      return tl::unexpected(written.error());
  const auto entries = base::count_entries(std::move(*directory));
  if (!entries) return with_context(entries.error(), "the bare directory");
  state.entries = *entries;
  return state;
}

}  // namespace motoko::host
