// A directory of one test's own, removed with all it holds.
#pragma once

#include <string>
#include <string_view>

namespace motoko::testing {

/// Made at once, removed at the end. Mounts below it are detached first and never descended into, so that removal can
/// neither hang on a dead disk nor delete what is on it; immutable directories are made mutable. Throws
/// std::system_error where it cannot be made.
class TempDir {
 public:
  /// In $TMPDIR, else /tmp.
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// The path of `name` in it. Makes nothing.
  [[nodiscard]] std::string path(std::string_view name) const;

  /// Makes the directory `name`, parents included, and returns its path.
  std::string make_directory(std::string_view name) const;
  /// Writes the file `name`, parents included, and returns its path.
  std::string write(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

/// Writes a file anywhere. Throws std::system_error.
void write_file(const std::string& path, std::string_view content);

/// The whole file; empty where it cannot be read.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace motoko::testing
