// Time Machine backups on a guarded mount. Runs in a disk worker: the disk may never answer.
#pragma once

#include <string>
#include <string_view>

#include "exporter/base/result.h"
#include "exporter/observation/backup.h"

namespace motoko::sources {

/// The *.sparsebundle and *.backupbundle directories of the mountpoint and of the directories right below it, sorted by
/// name, each with the completion of its newest snapshot. Follows no symbolic link and stays on the file system of
/// `mountpoint`. Bounded: 4096 entries are looked at and 256 bundles read; encode() of it fits in 120 KiB. Directories
/// that this process may not list are passed over. Requires: this process has one thread. May block for ever.
/// Error: the mountpoint or a directory in it cannot be listed, or none of the entries looked at was a bundle while
/// there were more.
[[nodiscard]] base::Result<observation::Backups> read_backups(const std::string& mountpoint);

/// For the way from the worker to this process; names may be any bytes. decode() gives back what was encoded, an error
/// included. Error bad_message: `bytes` is nothing that encode() writes.
[[nodiscard]] std::string encode(const base::Result<observation::Backups>& backups);
[[nodiscard]] base::Result<observation::Backups> decode(std::string_view bytes);

}  // namespace motoko::sources
