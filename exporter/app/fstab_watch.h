// Notices that fstab was edited or replaced.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace motoko::app {

class FstabWatch {
 public:
  explicit FstabWatch(std::string path) : path_(std::move(path)), seen_(identity()) {}

  /// True once for each change. A file that is not there right now, as while an editor replaces it, is no change yet.
  [[nodiscard]] bool changed() {
    const auto now = identity();
    if (!now || now == seen_) return false;
    seen_ = now;
    return true;
  }

 private:
  using Identity = std::tuple<ino_t, off_t, time_t, long>;

  [[nodiscard]] std::optional<Identity> identity() const {
    struct stat status {};
    if (::stat(path_.c_str(), &status) != 0) return std::nullopt;
    return Identity{status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  }

  std::string path_;
  std::optional<Identity> seen_;
};

}  // namespace motoko::app
