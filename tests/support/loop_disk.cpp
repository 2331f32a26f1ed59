#include "tests/support/loop_disk.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "exporter/base/unique_fd.h"
#include "tests/support/child_process.h"
#include "tests/support/mounts.h"

namespace motoko::testing {
namespace {

/// EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH (include/uapi/linux/ext4.h).
constexpr unsigned long kExt4Shutdown = 0x8004587D;
constexpr unsigned kWithoutFlushingTheLog = 2;

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

void copy_sparse(const std::string& from, const std::string& to) {
  run_checked({{"cp", "--sparse=always", from, to}});
}

}  // namespace

std::string random_uuid() {
  return trimmed(read_text("/proc/sys/kernel/random/uuid"));
}

void make_ext4_image(const std::string& path, const Ext4Options& options) {
  write_file(path, "");
  std::filesystem::resize_file(path, options.size_bytes);
  // No reserved blocks: what is available is what is free.
  Command mkfs{{"mkfs.ext4", "-q", "-F", "-b", "4096", "-m", "0", "-E", "nodiscard", "-e", options.errors, "-U",
                options.uuid.empty() ? random_uuid() : options.uuid}};
  if (!options.label.empty()) mkfs.argv.insert(mkfs.argv.end(), {"-L", options.label});
  mkfs.argv.insert(mkfs.argv.end(), options.mkfs_arguments.begin(), options.mkfs_arguments.end());
  mkfs.argv.push_back(path);
  run_checked(mkfs);
}

LoopDisk::LoopDisk(const Ext4Options& options)
    : directory_(std::make_shared<TempDir>()),
      image_(directory_->path("disk.img")),
      uuid_(options.uuid.empty() ? random_uuid() : options.uuid) {
  auto with_uuid = options;
  with_uuid.uuid = uuid_;
  make_ext4_image(image_, with_uuid);
  device_ = std::make_unique<LoopDevice>(image_);
  attachment_ = device_->attachment();
}

LoopDisk::LoopDisk(const std::string& image, std::string uuid)
    : image_(image),
      uuid_(std::move(uuid)),
      device_(std::make_unique<LoopDevice>(image_)),
      attachment_(device_->attachment()) {}

LoopDisk::~LoopDisk() {
  for (const auto& path : mountpoints_) detach_below(path);
}

void LoopDisk::mount(const std::string& path, const std::string& options) {
  mount_ext4(device(), path, options);
  mountpoints_.push_back(path);
}

void LoopDisk::unmount(const std::string& path) const {
  testing::unmount(path);
}

void LoopDisk::lazy_unmount(const std::string& path) const {
  testing::lazy_unmount(path);
}

void LoopDisk::shutdown(const std::string& mountpoint) const {
  const base::UniqueFd root(::open(mountpoint.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  unsigned how = kWithoutFlushingTheLog;
  if (!root.valid() || ::ioctl(root.get(), kExt4Shutdown, &how) != 0) {
    throw std::system_error(errno, std::generic_category(), "shut down " + mountpoint);
  }
}

void LoopDisk::trigger_fs_error() const {
  write_file("/sys/fs/ext4/" + name() + "/trigger_fs_error", "made by a test of motoko");
}

void LoopDisk::flush() const {
  for (const auto& path : mountpoints_) {
    const base::UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root.valid()) ::syncfs(root.get());
  }
}

void LoopDisk::vanish() {
  flush();
  copy_sparse(image_, kept_image());
  std::filesystem::resize_file(image_, 0);
  device_->reread_capacity();
}

void LoopDisk::restore() {
  std::filesystem::resize_file(image_, std::filesystem::file_size(kept_image()));
  // In place: the loop device holds this inode.
  run_checked({{"dd", "if=" + kept_image(), "of=" + image_, "bs=1M", "conv=notrunc,sparse", "status=none"}});
  std::filesystem::remove(kept_image());
  device_->reread_capacity();
}

bool LoopDisk::detach() {
  device_.reset();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (is_attached(attachment_)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

LoopDisk LoopDisk::attach_again() const {
  const bool vanished = std::filesystem::exists(kept_image());
  LoopDisk again(vanished ? kept_image() : image_, uuid_);
  again.directory_ = directory_;
  return again;
}

LoopDisk LoopDisk::copy_with_same_uuid() const {
  auto directory = std::make_shared<TempDir>();
  const auto copy = directory->path("copy.img");
  flush();
  copy_sparse(image_, copy);
  LoopDisk disk(copy, uuid_);
  disk.directory_ = std::move(directory);
  return disk;
}

std::string LoopDisk::ext4_attribute(const std::string& attribute) const {
  return trimmed(read_text("/sys/fs/ext4/" + name() + "/" + attribute));
}

}  // namespace motoko::testing
