#include "tests/support/mounts.h"

#include <sys/mount.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>

namespace motoko::testing {
namespace {

/// proc(5): space, tab, newline and backslash are written as three octal digits.
std::string unescape(std::string_view field) {
  std::string text;
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      text += static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0'));
      i += 3;
    } else {
      text += field[i];
    }
  }
  return text;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

std::vector<MountRow> mount_rows() {
  std::vector<MountRow> rows;
  std::ifstream table("/proc/self/mountinfo");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, target, options, word;
    fields >> id >> parent >> device >> root >> target >> options;
    while (fields >> word && word != "-") {  // optional fields end with a lone dash
    }
    MountRow row;
    std::string source;
    fields >> row.fs_type >> source >> row.super_options;
    row.target = unescape(target);
    row.source = unescape(source);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<MountRow> rows_at(const std::string& path) {
  auto rows = mount_rows();
  std::erase_if(rows, [&](const MountRow& row) { return row.target != path; });
  return rows;
}

void mount_ext4(const std::string& device, const std::string& path, const std::string& options) {
  unsigned long flags = 0;
  std::string rest;
  std::istringstream words(options);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "ro") {
      flags |= MS_RDONLY;
    } else if (word == "noatime") {
      flags |= MS_NOATIME;
    } else {
      rest += (rest.empty() ? "" : ",") + word;
    }
  }
  if (::mount(device.c_str(), path.c_str(), "ext4", flags, rest.c_str()) != 0) fail("mount " + device + " on " + path);
}

void bind_mount(const std::string& from, const std::string& to) {
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) != 0) fail("bind " + from + " to " + to);
}

void mount_tmpfs(const std::string& path) {
  if (::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m") != 0) fail("mount tmpfs on " + path);
}

void unmount(const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (::umount2(path.c_str(), UMOUNT_NOFOLLOW) != 0) {
    if (errno != EBUSY || std::chrono::steady_clock::now() > deadline) fail("unmount " + path);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void lazy_unmount(const std::string& path) {
  if (::umount2(path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) fail("umount -l " + path);
}

void detach_below(const std::string& path) noexcept {
  const auto rows = mount_rows();
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->target == path || row->target.starts_with(path + "/")) {
      ::umount2(row->target.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
    }
  }
}

}  // namespace motoko::testing
