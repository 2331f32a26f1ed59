// The list of completed snapshots that Time Machine keeps in each backup bundle, a property list read with libplist.
#pragma once

#include <string_view>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

namespace motoko::sources {

/// When the newest snapshot of a com.apple.TimeMachine.SnapshotHistory.plist was completed. `plist`: the whole file,
/// XML or binary. Whoever may write to the share wrote it, and libplist can crash, recurse without bound or fill the
/// memory over it, so it runs in a forked child with limits on memory and CPU time. Requires: this process has one
/// thread. Errors: no_message_available (no snapshot is listed), bad_message (malformed; without the dates it should
/// have; the child died), result_out_of_range (a date before 2001 or more than a day after `now`: a clock that lies).
[[nodiscard]] base::Result<base::WallTime> newest_snapshot(std::string_view plist, base::WallTime now);

}  // namespace motoko::sources
