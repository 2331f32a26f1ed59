// A FUSE file system with one file, `disk`, that passes everything through to a backing file. A loop device on it is a
// disk that can be made to hang (stop this process) or to fail (make the file fail_reads or fail_writes in the control
// directory; checked at every request, so that it holds from the moment the file is there).
//
//   motoko_fuse_file BACKING_FILE CONTROL_DIRECTORY MOUNTPOINT
#define FUSE_USE_VERSION 31
#include <fcntl.h>
#include <fuse.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

constexpr const char* kFile = "/disk";

struct Served {
  int backing_fd = -1;
  std::string control_directory;
};

Served served;  // one per process, set before the first request

bool asked_to(const char* fault) {
  return ::access((served.control_directory + "/" + fault).c_str(), F_OK) == 0;
}

void* start(fuse_conn_info* /*connection*/, fuse_config* config) {
  config->kernel_cache = 0;
  config->attr_timeout = 0;
  return nullptr;
}

int get_attributes(const char* path, struct stat* status, fuse_file_info* /*file*/) {
  std::memset(status, 0, sizeof *status);
  if (std::strcmp(path, "/") == 0) {
    status->st_mode = S_IFDIR | 0755;
    status->st_nlink = 2;
    return 0;
  }
  if (std::strcmp(path, kFile) != 0) return -ENOENT;
  return ::fstat(served.backing_fd, status) == 0 ? 0 : -errno;
}

int open_file(const char* path, fuse_file_info* file) {
  if (std::strcmp(path, kFile) != 0) return -ENOENT;
  file->direct_io = 1;  // no page cache above this process: every request of the loop device comes here
  return 0;
}

int read_file(const char* /*path*/, char* buffer, std::size_t size, off_t offset, fuse_file_info* /*file*/) {
  if (asked_to("fail_reads")) return -EIO;
  const auto count = ::pread(served.backing_fd, buffer, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int write_file(const char* /*path*/, const char* buffer, std::size_t size, off_t offset, fuse_file_info* /*file*/) {
  if (asked_to("fail_writes")) return -EIO;
  const auto count = ::pwrite(served.backing_fd, buffer, size, offset);
  return count < 0 ? -errno : static_cast<int>(count);
}

int sync_file(const char* /*path*/, int /*data_only*/, fuse_file_info* /*file*/) {
  return asked_to("fail_writes") ? -EIO : 0;  // the backing file lives as long as the test: no need to wait for a disk
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s BACKING_FILE CONTROL_DIRECTORY MOUNTPOINT\n", argv[0]);
    return 2;
  }
  served.backing_fd = ::open(argv[1], O_RDWR | O_CLOEXEC);
  if (served.backing_fd < 0) {
    std::perror(argv[1]);
    return 1;
  }
  served.control_directory = argv[2];
  fuse_operations operations{};
  operations.init = start;
  operations.getattr = get_attributes;
  operations.open = open_file;
  operations.read = read_file;
  operations.write = write_file;
  operations.fsync = sync_file;
  // -f: stay in the foreground. -s: one thread, so that requests are answered in order.
  char* arguments[] = {argv[0], const_cast<char*>("-f"), const_cast<char*>("-s"), argv[3], nullptr};
  return fuse_main(4, arguments, &operations, nullptr);
}
