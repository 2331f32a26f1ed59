// Directories that are open.
#pragma once

#include <dirent.h>

#include <cstdint>
#include <memory>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::base {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// What opendir(3) and fdopendir(3) give, closed when it goes.
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

/// Entries of the directory, "." and ".." not counted. Blocks as long as its disk does.
[[nodiscard]] Result<std::uint64_t> count_entries(UniqueFd directory);

}  // namespace motoko::base
