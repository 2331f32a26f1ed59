#include "exporter/remediation/history_schema.h"

#include <fmt/format.h>

#include <array>

namespace motoko::remediation {
namespace {

constexpr std::int64_t kApplicationId = 0x4d6f746f;  // "Moto"; file(1) shows it

// Times are nanoseconds since 1970; words are those of run.h and health/finding.h. STRICT, because another user may
// have put anything in. Totals and gate have tables of their own, because runs are pruned.
constexpr auto kVersion1 = R"sql(
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    triggered_by TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER,                         -- NULL: under way, or killed
    outcome TEXT,
    changed INTEGER NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE INDEX open_runs ON runs (id) WHERE ended IS NULL;
  CREATE TABLE steps (
    run INTEGER NOT NULL,
    position INTEGER NOT NULL,             -- from 0
    name TEXT NOT NULL,
    mountpoint TEXT NOT NULL,
    outcome TEXT,                          -- NULL: under way, or killed in it
    duration_seconds REAL NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (run, position)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE findings (
    run INTEGER NOT NULL,
    moment TEXT NOT NULL,                  -- before or after
    position INTEGER NOT NULL,
    mountpoint TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (run, moment, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE outcome_totals (
    outcome TEXT PRIMARY KEY,
    runs INTEGER NOT NULL,
    last_ended INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE step_durations (
    step TEXT NOT NULL,
    upper_bound REAL NOT NULL,             -- of the bucket, seconds; the last is infinite
    steps INTEGER NOT NULL,
    seconds REAL NOT NULL,                 -- their sum
    PRIMARY KEY (step, upper_bound)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE failed_attempts (           -- since the last reset, within the window
    run INTEGER PRIMARY KEY,
    ended INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE gate (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    last_change INTEGER,                   -- end of the last run that changed something; NULL: none, or interrupted
    circuit_opened INTEGER,                -- NULL: closed
    circuit_failed_runs INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO gate (only_row) VALUES (1);
)sql";

// The first makes version 1 of an empty file, the second makes version 2 of version 1, and so on. Only ever append.
constexpr std::array kMigrations = {kVersion1};

Result<std::int64_t> pragma(Database& database, const std::string& name) {
  const auto number = database.integer("PRAGMA " + name);
  if (!number) return tl::unexpected(number.error());
  return number->value_or(0);
}

Status check_pages(Database& database) {
  std::string found;
  const auto status = database.query("PRAGMA quick_check(1)", {}, [&](const Row& row) {
    found = row.text(0);
    return Status();
  });
  if (status && found != "ok") return base::failure(std::errc::bad_message, "quick_check: " + found);
  return status;
}

}  // namespace

std::int64_t schema_version() {
  return static_cast<std::int64_t>(kMigrations.size());
}

Result<bool> check_schema(Database& database) {
  const auto version = pragma(database, "user_version");
  if (!version) return tl::unexpected(version.error());
  const auto application = pragma(database, "application_id");
  if (!application) return tl::unexpected(application.error());
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::unexpected(tables.error());
  const bool ours = *application == kApplicationId;
  if (ours && *version > schema_version())
    return base::failure(std::errc::not_supported,
                         fmt::format("a newer Motoko wrote the history (version {} of its tables, this program knows "
                                     "up to {}): install that one again, or move the file away to begin anew",
                                     *version, schema_version()));
  if (const auto status = check_pages(database); !status) return tl::unexpected(status.error());
  const bool empty = *version == 0 && **tables == 0;
  if (!empty && (!ours || *version <= 0)) return base::failure(std::errc::bad_message, "not a history of Motoko");
  return !empty;
}

Status migrate(Database& database) {
  // A file stays in WAL mode once somebody put it there; see history.h for why it must not.
  if (const auto mode = database.run("PRAGMA journal_mode = DELETE"); !mode) return tl::unexpected(mode.error());
  auto version = pragma(database, "user_version");
  if (!version) return tl::unexpected(version.error());
  if (*version == schema_version()) return {};
  auto transaction = Transaction::begin_write(database);
  if (!transaction) return tl::unexpected(transaction.error());
  version = pragma(database, "user_version");  // again: another process may just have done it
  if (!version) return tl::unexpected(version.error());
  for (auto next = *version; next < schema_version(); ++next) {
    const auto migrated = database.run(kMigrations.at(static_cast<std::size_t>(next)));
    if (!migrated) return tl::unexpected(migrated.error());
  }
  const auto marked = database.run(
      fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, schema_version()));
  if (!marked) return tl::unexpected(marked.error());
  return transaction->commit();
}

}  // namespace motoko::remediation
