// Where the history lies on the disk: made, opened, and moved aside where it is damaged.
#pragma once

#include <optional>
#include <string>

#include "exporter/remediation/database.h"

namespace motoko::remediation {

struct HistoryFile {
  Database database;
  std::optional<std::string> moved_aside;  // path of the damaged file that this one replaces
};

/// The contract of History::open.
[[nodiscard]] Result<HistoryFile> open_history_file(const std::string& state_dir);

/// The contract of History::open_read_only; nothing: there is no history yet.
[[nodiscard]] Result<std::optional<Database>> open_history_file_read_only(const std::string& state_dir);

}  // namespace motoko::remediation
