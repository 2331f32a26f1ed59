#include "exporter/remediation/history_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "exporter/base/unique_fd.h"
#include "exporter/remediation/damaged_file.h"
#include "exporter/remediation/history_schema.h"
#include "exporter/remediation/state_dir.h"

namespace motoko::remediation {
namespace {

constexpr auto kFileName = "/history.db";

/// Whether there is one. Error: something else has its name. By name and not by descriptor: closing any descriptor of
/// the file would drop the locks that SQLite holds on it in this process.
Result<bool> file_exists(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    return state_dir_error(errno, "open " + path);
  }
  if (!S_ISREG(status.st_mode))
    return base::failure(std::errc::invalid_argument,
                         path + " is not a regular file: remove it, or set remediation.state_dir");
  return true;
}

/// Appears under its name only when it is complete: a kill in between leaves none that its other user cannot open.
Status make_file(const std::string& state_dir, const std::string& path) {
  constexpr mode_t kMode = 0640;
  const std::string unfinished = path + ".new-" + std::to_string(::getpid());
  ::unlink(unfinished.c_str());
  const base::UniqueFd fd(::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!fd.valid()) return state_dir_error(errno, "make " + path);
  // Whoever owns the directory writes the history too; SQLite gives its journal to the owner of the file.
  struct stat directory {};
  const bool made =
      ::fchmod(fd.get(), kMode) == 0 && ::stat(state_dir.c_str(), &directory) == 0 &&
      (::geteuid() != 0 || directory.st_uid == 0 || ::fchown(fd.get(), directory.st_uid, directory.st_gid) == 0) &&
      (::link(unfinished.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(unfinished.c_str());
  if (!made) return state_dir_error(error, "make " + path);
  return {};
}

Result<Database> open_checked(const std::string& path) {
  auto database = Database::open(path, Access::read_and_write);
  if (!database) return database;
  if (const auto sound = check_schema(*database); !sound) return base::with_context(sound.error(), path);
  if (!database->writable()) return state_dir_error(EACCES, "write " + path);
  if (const auto status = migrate(*database); !status) return tl::unexpected(status.error());
  return database;
}

}  // namespace

Result<HistoryFile> open_history_file(const std::string& state_dir) {
  const auto directory = prepare_state_dir(state_dir);
  if (!directory) return tl::unexpected(directory.error());
  const std::string path = *directory + kFileName;
  const auto lock = lock_state_dir(*directory);
  if (!lock) return tl::unexpected(lock.error());
  std::optional<std::string> moved_aside;
  // A disk that damages every file is an error.
  constexpr int kMaxAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    const auto exists = file_exists(path);
    if (!exists) return tl::unexpected(exists.error());
    if (!*exists) {
      if (const auto status = make_file(*directory, path); !status) return tl::unexpected(status.error());
    }
    const auto seen = file_identity(path);
    auto database = open_checked(path);
    if (database) return HistoryFile{std::move(*database), std::move(moved_aside)};
    if (!database.error().is(std::errc::bad_message) || attempt == kMaxAttempts)
      return tl::unexpected(database.error());
    auto moved = move_damaged_aside(*directory, path, seen);
    if (!moved) return tl::unexpected(moved.error());
    if (*moved) moved_aside = std::move(*moved);
  }
}

Result<std::optional<Database>> open_history_file_read_only(const std::string& state_dir) {
  std::error_code code;
  const std::string directory = std::filesystem::canonical(state_dir, code);
  if (code == std::errc::no_such_file_or_directory) return std::nullopt;
  if (code) return base::errno_error(code.value(), "read the history in " + state_dir);
  const std::string path = directory + kFileName;
  const auto exists = file_exists(path);
  if (!exists) return tl::unexpected(exists.error());
  if (!*exists) return std::nullopt;
  auto database = Database::open(path, Access::read);
  if (!database) return tl::unexpected(database.error());
  const auto has_tables = check_schema(*database);
  if (!has_tables) return base::with_context(has_tables.error(), path);
  if (!*has_tables) return std::nullopt;
  return std::move(*database);
}

}  // namespace motoko::remediation
