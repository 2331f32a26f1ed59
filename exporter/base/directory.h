// Looking at a directory that is open already.
#pragma once

#include <cstdint>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::base {

/// Entries of the directory, "." and ".." not counted. Blocks as long as its disk does.
[[nodiscard]] Result<std::uint64_t> count_entries(UniqueFd directory);

}  // namespace motoko::base
