// The smb.conf of a test: a server of its own for guests, with all of its state in one directory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace motoko::testing {

/// A directory shared with guests.
struct SharedDirectory {
  std::string name;
  std::string path;
};

/// Makes the directories it names. `port`: on the loopback interface.
[[nodiscard]] std::string smbd_configuration(const TempDir& directory, const std::vector<SharedDirectory>& shares,
                                             std::uint16_t port);

/// One that nothing listens on now.
[[nodiscard]] std::uint16_t free_port();

}  // namespace motoko::testing
