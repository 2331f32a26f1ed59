// What SQLite's result codes mean to the rest of the program.
#pragma once

#include <system_error>

namespace motoko::remediation {

/// An error code of SQLite (extended where it is); see Database for what it compares equal to.
[[nodiscard]] std::error_code sqlite_error(int code);

}  // namespace motoko::remediation
