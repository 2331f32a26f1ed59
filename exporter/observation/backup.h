// Time Machine backups found on a guarded mount.
#pragma once

#include <string>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

namespace motoko::observation {

/// One sparsebundle or backupbundle.
struct BackupBundle {
  std::string name;                     // path below the mountpoint: "kei/Kei's Mac.sparsebundle"
  base::Result<base::WallTime> newest;  // completion of the newest snapshot; error no_message_available: none completed
                                        // yet, anything else: the plist could not be read
  bool operator==(const BackupBundle&) const = default;
};

using Backups = std::vector<BackupBundle>;

}  // namespace motoko::observation
