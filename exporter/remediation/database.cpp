#include "exporter/remediation/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/remediation/database_error.h"

namespace motoko::remediation {
namespace {

// Transactions here take milliseconds; a disk that is busy with something else can make one of them take seconds.
constexpr std::chrono::milliseconds kBusyTimeout{5000};

// What a program says may be long; nobody reads more of it. Reading never takes more memory than this for one value,
// whatever somebody put into the file.
constexpr std::size_t kMaxTextBytes = 65'536;
constexpr int kMaxValueBytes = 1024 * 1024;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

int bind(sqlite3_stmt* statement, int position, const Value& value) {
  struct Binder {
    sqlite3_stmt* statement;
    int position;
    int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, position); }
    int operator()(std::int64_t number) const { return sqlite3_bind_int64(statement, position, number); }
    int operator()(double number) const { return sqlite3_bind_double(statement, position, number); }
    int operator()(std::string_view text) const {
      const auto kept = text.substr(0, kMaxTextBytes);
      // A null pointer would bind NULL, and an empty string_view may have one.
      return sqlite3_bind_text(statement, position, kept.empty() ? "" : kept.data(), static_cast<int>(kept.size()),
                               SQLITE_TRANSIENT);
    }
  };
  return std::visit(Binder{statement, position}, value);
}

}  // namespace

Value value_of(base::WallTime time) {
  return std::int64_t{std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count()};
}

bool Row::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Row::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Row::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Row::text(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

base::WallTime Row::time(int column) const {
  return base::WallTime(
      std::chrono::duration_cast<base::WallTime::duration>(std::chrono::nanoseconds(integer(column))));
}

std::optional<base::WallTime> Row::optional_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return time(column);
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

Result<Database> Database::open(const std::string& path, Access access) {
  // For writing in both cases: only who may write can roll back what a killed writer left. Where this process may not,
  // SQLite opens for reading by itself.
  constexpr int kFlags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_PRIVATECACHE;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &handle, kFlags, nullptr);
  if (handle == nullptr) return base::errno_error(ENOMEM, path);
  Database database(path, handle);  // owned even where opening failed
  if (result != SQLITE_OK) return database.error(result);
  if (const auto status = database.harden(access); !status) return tl::unexpected(status.error());
  return database;
}

Status Database::harden(Access access) {
  sqlite3* const handle = handle_.get();
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(kBusyTimeout.count()));
  // Who owns the file may have put anything into its schema: nothing of that runs in this process.
  for (const auto [option, value] :
       {std::array{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::array{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::array{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::array{SQLITE_DBCONFIG_ENABLE_VIEW, 0}}) {
    if (const int result = sqlite3_db_config(handle, option, value, nullptr); result != SQLITE_OK) return error(result);
  }
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  // EXTRA and not FULL: with a rollback journal, FULL does not sync the directory after the journal is removed, so that
  // a loss of power can bring the journal back and with it undo what was committed.
  const auto settings =
      run(fmt::format("PRAGMA synchronous = EXTRA; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
                      "PRAGMA query_only = {}",
                      access == Access::read ? "ON" : "OFF"));
  if (!settings) return tl::unexpected(settings.error());
  return {};
}

Result<int> Database::run(const std::string& sql, std::initializer_list<Value> values) {
  if (values.size() == 0) {
    const int result = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) return error(result);
  } else if (const auto status = query(sql, values, [](const Row&) { return Status(); }); !status) {
    return tl::unexpected(status.error());
  }
  return sqlite3_changes(handle_.get());
}

Status Database::query(const std::string& sql, std::initializer_list<Value> values,
                       const std::function<Status(const Row&)>& on_row) {
  sqlite3_stmt* prepared = nullptr;
  int result = sqlite3_prepare_v2(handle_.get(), sql.c_str(), static_cast<int>(sql.size()), &prepared, nullptr);
  const Statement statement(prepared);
  if (result != SQLITE_OK) return error(result);
  int position = 0;
  for (const auto& value : values) {
    result = bind(statement.get(), ++position, value);
    if (result != SQLITE_OK) return error(result);
  }
  while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
    if (auto status = on_row(Row(statement.get())); !status) return status;
  }
  if (result != SQLITE_DONE) return error(result);
  return {};
}

Result<std::optional<std::int64_t>> Database::integer(const std::string& sql, std::initializer_list<Value> values) {
  std::optional<std::int64_t> number;
  const auto status = query(sql, values, [&](const Row& row) {
    if (!row.is_null(0)) number = row.integer(0);
    return Status();
  });
  if (!status) return tl::unexpected(status.error());
  return number;
}

std::int64_t Database::last_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

bool Database::writable() const {
  return sqlite3_db_readonly(handle_.get(), "main") == 0;
}

bool Database::moved() const {
  int moved = 0;
  const int result = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return result == SQLITE_OK && moved != 0;
}

tl::unexpected<base::Error> Database::error(int code) const {
  constexpr int kPrimaryCode = 0xff;
  const int primary = code & kPrimaryCode;
  const int system_error = sqlite3_system_errno(handle_.get());
  if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) && system_error > 0 && code != SQLITE_CANTOPEN_SYMLINK)
    return base::errno_error(system_error, path_);
  // SQLite's own sentence says more than the code only where the code says next to nothing.
  const bool vague = primary == SQLITE_ERROR || primary == SQLITE_CONSTRAINT;
  return tl::unexpected(
      base::Error{sqlite_error(code), vague ? fmt::format("{}: {}", path_, sqlite3_errmsg(handle_.get())) : path_});
}

Result<Transaction> Transaction::begin_write(Database& database) {
  const auto begun = database.run("BEGIN IMMEDIATE");
  if (!begun) return tl::unexpected(begun.error());
  return Transaction(database);
}

Result<Transaction> Transaction::begin_read(Database& database) {
  const auto begun = database.run("BEGIN");
  if (!begun) return tl::unexpected(begun.error());
  return Transaction(database);
}

Transaction::~Transaction() {
  // An error that already rolled everything back makes this one fail, which is as well.
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

Status Transaction::commit() {
  const auto committed = database_->run("COMMIT");
  if (!committed) return tl::unexpected(committed.error());  // rolled back by the destructor
  database_ = nullptr;
  return {};
}

}  // namespace motoko::remediation
