#include "exporter/app/fstab_watch.h"

#include <sys/inotify.h>

#include <array>
#include <filesystem>

namespace motoko::app {
namespace {

/// Written in place, or replaced: both of the file itself, which may be mounted from elsewhere, and of its folder.
constexpr std::uint32_t kEdits = IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF;

}  // namespace

FstabWatch::FstabWatch(const std::string& path) : announcements_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  follow(path);
}

std::optional<FstabWatch::Identity> FstabWatch::identity() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

void FstabWatch::watch_file() {
  const int before = file_watch_;
  file_watch_ = ::inotify_add_watch(announcements_.get(), path_.c_str(), kEdits);
  if (before >= 0 && before != file_watch_) ::inotify_rm_watch(announcements_.get(), before);
}

void FstabWatch::follow(const std::string& path) {
  path_ = path;
  const auto folder = std::filesystem::path(path_).parent_path();
  const int before = folder_watch_;
  // The watches first, so that an edit after the look is announced.
  folder_watch_ = ::inotify_add_watch(announcements_.get(), folder.empty() ? "." : folder.c_str(), kEdits);
  if (before >= 0 && before != folder_watch_) ::inotify_rm_watch(announcements_.get(), before);
  watch_file();
  seen_ = identity();
}

bool FstabWatch::changed() {
  alignas(inotify_event) std::array<char, 4096> announced{};
  while (::read(announcements_.get(), announced.data(), announced.size()) > 0) {
  }
  watch_file();
  const auto now = identity();
  if (!now || now == seen_) return false;
  seen_ = now;
  return true;
}

}  // namespace motoko::app
