#include "exporter/base/directory.h"

#include <dirent.h>

#include <memory>
#include <string_view>

namespace motoko::base {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::uint64_t> count_entries(UniqueFd directory) {
  const std::unique_ptr<DIR, CloseDirectory> entries(::fdopendir(directory.get()));
  if (!entries) return errno_error(errno, "list");
  (void)directory.release();  // closedir() closes it
  std::uint64_t count = 0;
  for (errno = 0; const dirent* entry = ::readdir(entries.get()); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") ++count;
  }
  if (errno != 0) return errno_error(errno, "list");
  return count;
}

}  // namespace motoko::base
