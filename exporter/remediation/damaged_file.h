// What becomes of a history that cannot be read any more: it is kept under another name, for a person to look at.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "exporter/base/result.h"

namespace motoko::remediation {

/// Which file a path stands for at this moment.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// Nothing: there is none.
[[nodiscard]] std::optional<FileIdentity> file_identity(const std::string& path);

/// Renames the database at `path`, in `directory`, with its journal, to "<path>.corrupt-20261123T201500Z". Returns its
/// new path; nothing where `path` is no longer the file that was `seen` to be damaged. Requires lock_state_dir().
[[nodiscard]] base::Result<std::optional<std::string>> move_damaged_aside(const std::string& directory,
                                                                          const std::string& path,
                                                                          const std::optional<FileIdentity>& seen);

}  // namespace motoko::remediation
