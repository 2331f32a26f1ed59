// Notices that fstab was edited or replaced.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <tuple>

#include "exporter/base/unique_fd.h"

namespace motoko::app {

class FstabWatch {
 public:
  explicit FstabWatch(const std::string& path);

  /// For poll(2): POLLIN when changed() may have something to say. The same for ever. -1: the kernel announces nothing.
  /// Not everything is announced (a link to elsewhere, a network file system), so ask now and then as well.
  [[nodiscard]] int fd() const { return announcements_.get(); }

  /// True once for each change. A file that is not there right now, as while an editor replaces it, is no change yet.
  [[nodiscard]] bool changed();

  /// From now on another file.
  void follow(const std::string& path);

 private:
  using Identity = std::tuple<ino_t, off_t, time_t, long>;

  [[nodiscard]] std::optional<Identity> identity() const;
  void watch_file();

  base::UniqueFd announcements_;
  int folder_watch_ = -1;
  int file_watch_ = -1;
  std::string path_;
  std::optional<Identity> seen_;
};

}  // namespace motoko::app
