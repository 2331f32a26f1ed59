// The one device that may be mounted, asked for anew by each step that touches it: it may have gone, or got a twin.
#pragma once

#include "exporter/remediation/host.h"

namespace motoko::remediation {

/// Error: there is none, there are several, or it cannot be told; the context says all.
[[nodiscard]] Result<observation::BlockDevice> expected_device(Host& host, const observation::GuardedMount& guard);

/// "rsync (pid 12): an open file, the kernel: swap on /time/swap"
[[nodiscard]] std::string describe(const std::vector<Holder>& holders);

}  // namespace motoko::remediation
