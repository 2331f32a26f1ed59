// A SQLite file in the words of this folder: statements with values in, rows out, errors as Result. Nothing of SQLite's
// own leaves it. Hardened, because root opens a file that belongs to an unprivileged user.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace motoko::remediation {

using base::Result;
using base::Status;

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string_view>;

/// Nanoseconds since 1970, UTC: exact, whatever the clock said.
[[nodiscard]] Value value_of(base::WallTime time);

/// One row of a query's result, valid within the call that it is handed to. Columns count from 0.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] base::WallTime time(int column) const;
  [[nodiscard]] std::optional<base::WallTime> optional_time(int column) const;

 private:
  sqlite3_stmt* statement_;
};

enum class Access { read, read_and_write };

/// Errors: a system error where there was one (EACCES, ENOSPC, EFBIG), otherwise SQLite's, which compares equal to
/// no_space_on_device, device_or_resource_busy (locked for longer than kBusyTimeout), permission_denied (read-only) and
/// bad_message (the file is damaged, or no database). The context names the file.
/// Not for several threads at once, and not across fork.
class Database {
 public:
  /// The file must exist. Nothing is read yet. `path` holds no symbolic link, else an error.
  /// Access::read may still roll back what a killed writer left half written, where this process may write the file.
  static Result<Database> open(const std::string& path, Access access);

  /// One statement, or several without values. Gives the number of rows that the last one changed.
  Result<int> run(const std::string& sql, std::initializer_list<Value> values = {});
  /// Hands each row of the result to `on_row`; its first error ends the query.
  Status query(const std::string& sql, std::initializer_list<Value> values,
               const std::function<Status(const Row&)>& on_row);
  /// The integer of a query with one row; nothing where it has none, or where it is null.
  Result<std::optional<std::int64_t>> integer(const std::string& sql, std::initializer_list<Value> values = {});

  [[nodiscard]] std::int64_t last_id() const;
  [[nodiscard]] bool writable() const;
  /// The path is another file now, or none: what is written here would be lost.
  [[nodiscard]] bool moved() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  Status harden(Access access);
  [[nodiscard]] tl::unexpected<base::Error> error(int code) const;

  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

/// All or nothing: rolled back at the end of the scope unless committed.
class Transaction {
 public:
  /// Writers wait for each other here, and nowhere else: no deadlock.
  static Result<Transaction> begin_write(Database& database);
  /// Several queries that see the same state.
  static Result<Transaction> begin_read(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Success: it is on the disk and survives a loss of power.
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace motoko::remediation
