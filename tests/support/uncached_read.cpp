#include "tests/support/uncached_read.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "exporter/base/unique_fd.h"

namespace motoko::testing {

int uncached_read_error(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC));
  if (!file.valid()) return errno;
  alignas(4096) std::array<char, 4096> block;
  return ::read(file.get(), block.data(), block.size()) < 0 ? errno : 0;
}

}  // namespace motoko::testing
