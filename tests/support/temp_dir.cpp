#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "exporter/base/unique_fd.h"
#include "tests/support/mounts.h"

namespace motoko::testing {
namespace {

int remove_entry(const char* path, const struct stat* /*status*/, int /*type*/, struct FTW* /*position*/) {
  std::remove(path);
  return 0;
}

/// chattr -i of a directory: from an immutable one nothing can be removed, and neither can it.
int make_mutable(const char* path, const struct stat* /*status*/, int type, struct FTW* /*position*/) {
  if (type != FTW_D) return 0;
  const base::UniqueFd directory(::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  unsigned flags = 0;
  if (directory.valid() && ::ioctl(directory.get(), FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_IMMUTABLE_FL) != 0) {
    flags &= ~static_cast<unsigned>(FS_IMMUTABLE_FL);
    ::ioctl(directory.get(), FS_IOC_SETFLAGS, &flags);
  }
  return 0;
}

/// Without following symbolic links, and staying on this file system.
void remove_tree(const std::string& path) {
  constexpr int kOpenDirectories = 16;
  ::nftw(path.c_str(), remove_entry, kOpenDirectories, FTW_DEPTH | FTW_MOUNT | FTW_PHYS);
  if (::access(path.c_str(), F_OK) != 0) return;
  ::nftw(path.c_str(), make_mutable, kOpenDirectories, FTW_MOUNT | FTW_PHYS);
  ::nftw(path.c_str(), remove_entry, kOpenDirectories, FTW_DEPTH | FTW_MOUNT | FTW_PHYS);
}

}  // namespace

TempDir::TempDir() {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp") + "/motoko-test-XXXXXX";
  if (::mkdtemp(path_.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + path_);
  ::chmod(path_.c_str(), 0755);  // programs that run without privileges read from it
}

TempDir::~TempDir() {
  detach_below(path_);
  remove_tree(path_);
}

std::string TempDir::path(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string TempDir::make_directory(std::string_view name) const {
  const auto directory = path(name);
  std::filesystem::create_directories(directory);
  return directory;
}

std::string TempDir::write(std::string_view name, std::string_view content) const {
  const auto file = path(name);
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  write_file(file, content);
  return file;
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  stream.close();
  if (!stream) throw std::system_error(errno, std::generic_category(), "write " + path);
}

std::string read_text(const std::string& path) {
  const std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return std::move(content).str();
}

}  // namespace motoko::testing
