// A read that must reach the disk.
#pragma once

#include <string>

namespace motoko::testing {

/// errno of an O_DIRECT open and read of the file's first bytes; 0: success. Blocks as long as the disk does.
[[nodiscard]] int uncached_read_error(const std::string& path);

}  // namespace motoko::testing
