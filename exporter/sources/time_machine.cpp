#include "exporter/sources/time_machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "exporter/base/directory.h"
#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"
#include "exporter/sources/snapshot_history.h"

namespace motoko::sources {
namespace {

using base::Error;
using base::Result;
using base::UniqueFd;
using observation::BackupBundle;
using observation::Backups;

constexpr const char* kHistoryFile = "com.apple.TimeMachine.SnapshotHistory.plist";
constexpr std::size_t kMaxHistoryBytes = 4 << 20;  // a thousand snapshots take less than one
constexpr std::size_t kReadBytes = 65'536;
constexpr std::size_t kMaxBundles = 256;
constexpr std::size_t kMaxNameBytes = 65'536;  // of all bundles together
constexpr unsigned kMaxEntries = 4096;

bool is_bundle_name(std::string_view name) {
  for (const std::string_view suffix : {".sparsebundle", ".backupbundle"})
    if (name.size() > suffix.size() && name.ends_with(suffix)) return true;
  return false;
}

/// O_NOATIME: a read must not write to the disk. Only the owner may ask for it. O_NONBLOCK: a FIFO must not hold us.
UniqueFd open_quietly(int directory, const char* name, int flags) {
  flags |= O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
  UniqueFd fd(::openat(directory, name, flags | O_NOATIME));
  if (!fd.valid() && errno == EPERM) fd.reset(::openat(directory, name, flags));
  return fd;
}

/// What an entry that is not ours to see, or that went away meanwhile, gives.
bool may_be_passed_over(int error) {
  return error == EACCES || error == EPERM || error == ENOENT || error == ENOTDIR || error == ELOOP;
}

Result<std::string> read_history(int bundle, dev_t file_system) {
  const auto failed = [](const char* doing) { return base::errno_error(errno, doing); };
  const auto unusable = [](std::errc code, const char* what) { return base::failure(code, what); };
  const UniqueFd file = open_quietly(bundle, kHistoryFile, O_NOFOLLOW);
  if (!file.valid() && errno == ENOENT) return unusable(std::errc::no_message_available, "no completed backup yet");
  if (!file.valid()) return failed("open");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failed("stat");
  if (!S_ISREG(status.st_mode) || status.st_dev != file_system)
    return unusable(std::errc::invalid_argument, "not a regular file of this file system");
  std::string text;
  for (;;) {
    const std::size_t size = text.size();
    text.resize(size + kReadBytes);
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read");
    if (count == 0) return text;
    if (text.size() > kMaxHistoryBytes) return unusable(std::errc::file_too_large, "more than 4 MiB");
  }
}

Result<base::WallTime> newest_backup(int directory, const std::string& name, dev_t file_system) {
  const UniqueFd bundle = open_quietly(directory, name.c_str(), O_DIRECTORY | O_NOFOLLOW);
  if (!bundle.valid()) return base::errno_error(errno, "open the bundle");
  const auto text = read_history(bundle.get(), file_system);
  auto newest = text ? newest_snapshot(*text, std::chrono::system_clock::now())
                     : Result<base::WallTime>(tl::unexpected(text.error()));
  if (!newest && !newest.error().is(std::errc::no_message_available))
    return base::with_context(newest.error(), kHistoryFile);
  return newest;
}

/// One walk over a mountpoint, with what is left of its bounds.
class Walk {
 public:
  Walk(std::string mountpoint, dev_t file_system) : mountpoint_(std::move(mountpoint)), file_system_(file_system) {}

  /// Reads the bundles in `directory`, whose path below the mountpoint is `below`. Returns its other directories.
  Result<std::vector<std::string>> visit(UniqueFd directory, const std::string& below) {
    const base::DirectoryStream listing(::fdopendir(directory.get()));
    if (!listing) return failed("list", below);
    (void)directory.release();  // the listing closes it
    const int fd = ::dirfd(listing.get());
    std::vector<std::string> others;
    for (errno = 0; const dirent* entry = ::readdir(listing.get()); errno = 0) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (full_ || ++entries_ > kMaxEntries) {
        full_ = true;
        return others;
      }
      if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) continue;
      const std::string path = below.empty() ? name : below + "/" + name;
      struct stat status {};
      if (::fstatat(fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) {
        if (may_be_passed_over(errno)) continue;
        return failed("stat", path);
      }
      if (!S_ISDIR(status.st_mode) || status.st_dev != file_system_) continue;
      if (is_bundle_name(name))
        add(path, newest_backup(fd, name, file_system_));
      else
        others.push_back(name);
    }
    if (errno != 0) return failed("list", below);
    return others;
  }

  /// The same for a directory right below `root`.
  base::Status visit_below(int root, const std::string& name) {
    UniqueFd directory = open_quietly(root, name.c_str(), O_DIRECTORY | O_NOFOLLOW);
    if (!directory.valid()) {
      if (may_be_passed_over(errno)) return {};
      return failed("open", name);
    }
    if (auto visited = visit(std::move(directory), name); !visited) return tl::unexpected(visited.error());
    return {};
  }

  Result<Backups> result() {
    if (bundles_.empty() && full_)
      return base::failure(std::errc::argument_list_too_long,
                           "no backup among the first " + std::to_string(kMaxEntries) + " entries of " + mountpoint_);
    std::sort(bundles_.begin(), bundles_.end(),
              [](const BackupBundle& a, const BackupBundle& b) { return a.name < b.name; });
    return std::move(bundles_);
  }

 private:
  void add(const std::string& path, Result<base::WallTime> newest) {
    name_bytes_ += path.size();
    bundles_.push_back({.name = path, .newest = std::move(newest)});
    full_ = bundles_.size() >= kMaxBundles || name_bytes_ >= kMaxNameBytes;
  }

  [[nodiscard]] tl::unexpected<Error> failed(const char* doing, const std::string& below) const {
    return base::errno_error(errno, std::string(doing) + " " + mountpoint_ + (below.empty() ? "" : "/" + below));
  }

  std::string mountpoint_;
  dev_t file_system_;
  unsigned entries_ = 0;
  std::size_t name_bytes_ = 0;
  bool full_ = false;  // a bound is reached
  Backups bundles_;
};

/// Success or an error, before a value.
void put(base::WireWriter& writer, const Error* error) {
  writer.number(static_cast<std::uint8_t>(error != nullptr));
  if (error != nullptr) writer.number(error->code.value()).text(error->context);
}

std::optional<Error> take_error(base::WireReader& reader) {
  if (reader.number<std::uint8_t>() == 0) return std::nullopt;
  const int code = reader.number<int>();
  return Error{{code, std::generic_category()}, reader.text()};
}

}  // namespace

Result<Backups> read_backups(const std::string& mountpoint) {
  const UniqueFd root = open_quietly(AT_FDCWD, mountpoint.c_str(), O_DIRECTORY);
  if (!root.valid()) return base::errno_error(errno, "open " + mountpoint);
  struct stat status {};
  if (::fstat(root.get(), &status) != 0) return base::errno_error(errno, "stat " + mountpoint);
  UniqueFd listed = open_quietly(root.get(), ".", O_DIRECTORY);
  if (!listed.valid()) return base::errno_error(errno, "open " + mountpoint);
  Walk walk(mountpoint, status.st_dev);
  const auto directories = walk.visit(std::move(listed), "");
  if (!directories) return tl::unexpected(directories.error());
  for (const auto& name : *directories)
    if (auto visited = walk.visit_below(root.get(), name); !visited) return tl::unexpected(visited.error());
  return walk.result();
}

std::string encode(const Result<Backups>& backups) {
  base::WireWriter writer;
  put(writer, backups ? nullptr : &backups.error());
  if (!backups) return writer.take();
  writer.number(static_cast<std::uint32_t>(backups->size()));
  for (const auto& bundle : *backups) {
    writer.text(bundle.name);
    put(writer, bundle.newest ? nullptr : &bundle.newest.error());
    if (bundle.newest) writer.number(bundle.newest->time_since_epoch().count());
  }
  return writer.take();
}

Result<Backups> decode(std::string_view bytes) {
  base::WireReader reader(bytes);
  const auto whole = take_error(reader);
  Backups backups;
  // Ends with the bytes, whatever count a garbled message claims.
  for (auto count = whole ? 0 : reader.number<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    BackupBundle bundle{.name = reader.text(), .newest = base::WallTime{}};
    if (auto error = take_error(reader))
      bundle.newest = tl::unexpected(*std::move(error));
    else
      bundle.newest = base::WallTime(base::WallTime::duration(reader.number<base::WallTime::rep>()));
    backups.push_back(std::move(bundle));
  }
  if (!reader.ok() || !reader.at_end()) return base::failure(std::errc::bad_message, "list of backups");
  if (whole) return tl::unexpected(*whole);
  return backups;
}

}  // namespace motoko::sources
