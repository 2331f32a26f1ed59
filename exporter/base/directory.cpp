#include "exporter/base/directory.h"

#include <string_view>

namespace motoko::base {

Result<std::uint64_t> count_entries(UniqueFd directory) {
  const DirectoryStream entries(::fdopendir(directory.get()));
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
