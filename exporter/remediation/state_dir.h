// The directory that the history, and the lock of the fix, live in. It may belong to an unprivileged user while root
// writes there too, so nothing in it is trusted.
#pragma once

#include <string>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::remediation {

/// Makes the directory where there is none (0750, and those above it), and returns its path free of links:
/// `state_dir` itself may be one, as systemd's StateDirectory= makes it. Error: it cannot be made, is no directory, or
/// this process may not make files in it; the message says how to go on.
[[nodiscard]] base::Result<std::string> prepare_state_dir(const std::string& state_dir);

/// While the descriptor is open, no other process opens the history for writing: one that opens a damaged file while
/// another puts a new one in its place would take the new one's journal for its own, and roll it back. Waits at most
/// ten seconds. `directory`: as prepare_state_dir() returned it.
[[nodiscard]] base::Result<base::UniqueFd> lock_state_dir(const std::string& directory);

/// "... (remediation.state_dir sets another place)": an error about the directory or a file in it, with the way out.
[[nodiscard]] tl::unexpected<base::Error> state_dir_error(int error_number, const std::string& context);

}  // namespace motoko::remediation
