// The tables of the history, and how a file of an older version becomes one of this.
#pragma once

#include "exporter/remediation/database.h"

namespace motoko::remediation {

/// Counts the migrations in history_schema.cpp; stands in the file as user_version.
[[nodiscard]] std::int64_t schema_version();

/// Whether the file is a sound history that this program understands; reads only. True: it has tables; false: it is
/// empty. Errors: not_supported, a newer version wrote it; bad_message, it is damaged or no history at all; others as
/// Database.
[[nodiscard]] Result<bool> check_schema(Database& database);

/// After check_schema: brings an empty file, or one of an older version, to this one, in one transaction. Several
/// processes may do so at once.
[[nodiscard]] Status migrate(Database& database);

}  // namespace motoko::remediation
