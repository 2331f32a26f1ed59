#include "exporter/sources/mount_tables.h"

#include <fcntl.h>
#include <libmount/libmount.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <functional>

namespace motoko::sources {
namespace {

using base::Result;
using observation::DeviceSpec;
using observation::DeviceTag;
using observation::MountTable;

struct DropTable {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
};
struct FreeIterator {
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};

std::string text(const char* value) {
  return value ? value : "";
}

int remember_bad_line(libmnt_table* table, const char*, int line) {
  static_cast<std::vector<int>*>(mnt_table_get_userdata(table))->push_back(line);
  return 1;  // go on
}

/// Parses `path` and calls `take` for each entry in order.
base::Status parse_table(const std::string& path, std::vector<int>& bad_lines,
                         const std::function<void(libmnt_fs*)>& take) {
  // libmount says only "no" for a file it cannot open; say why.
  const base::UniqueFd readable(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable.valid()) return base::errno_error(errno, "open " + path);
  const std::unique_ptr<libmnt_table, DropTable> table(mnt_new_table());
  const std::unique_ptr<libmnt_iter, FreeIterator> iterator(mnt_new_iter(MNT_ITER_FORWARD));
  if (!table || !iterator) return base::errno_error(ENOMEM, "parse " + path);
  mnt_table_set_userdata(table.get(), &bad_lines);
  mnt_table_set_parser_errcb(table.get(), remember_bad_line);
  if (const int error = mnt_table_parse_file(table.get(), path.c_str()); error < 0)
    return base::errno_error(-error, "parse " + path);
  libmnt_fs* entry = nullptr;
  while (mnt_table_next_fs(table.get(), iterator.get(), &entry) == 0) take(entry);
  return {};
}

DeviceSpec device_spec(libmnt_fs* entry) {
  const char* name = nullptr;
  const char* value = nullptr;
  if (mnt_fs_get_tag(entry, &name, &value) == 0 && name && value) {
    const std::string tag = name;
    if (tag == "UUID") return {DeviceTag::uuid, value};
    if (tag == "LABEL") return {DeviceTag::label, value};
    if (tag == "PARTUUID") return {DeviceTag::partuuid, value};
    if (tag == "PARTLABEL") return {DeviceTag::partlabel, value};
  }
  const std::string source = text(mnt_fs_get_source(entry));
  // A bind mount's source is a directory. The others are devices, by whatever link.
  const char* const options = mnt_fs_get_options(entry);
  const bool bind = options && (mnt_optstr_get_option(options, "bind", nullptr, nullptr) == 0 ||
                                mnt_optstr_get_option(options, "rbind", nullptr, nullptr) == 0);
  return {source.starts_with("/") && !bind ? DeviceTag::path : DeviceTag::other, source};
}

/// mountinfo has "/" for the root and never a trailing slash; fstab may have one.
std::string without_trailing_slash(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<Fstab> read_fstab(const std::string& path) {
  Fstab fstab;
  const auto status = parse_table(path, fstab.bad_lines, [&](libmnt_fs* entry) {
    fstab.entries.push_back({.device = device_spec(entry),
                             .target = without_trailing_slash(text(mnt_fs_get_target(entry))),
                             .fs_type = text(mnt_fs_get_fstype(entry)),
                             .options = text(mnt_fs_get_options(entry))});
  });
  if (!status) return with_context(status.error(), "read fstab");
  return fstab;
}

MountInfoReader::MountInfoReader(const base::HostPaths& paths) : path_(paths.procfs + "/self/mountinfo") {
  base::UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  struct statfs status {};
  if (fd.valid() && ::fstatfs(fd.get(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC) events_ = std::move(fd);
}

bool MountInfoReader::changed() {
  if (!events_.valid()) return true;
  pollfd polled{events_.get(), POLLPRI, 0};
  return ::poll(&polled, 1, 0) != 0;  // an error counts as a change
}

Result<std::shared_ptr<const MountTable>> MountInfoReader::read() {
  // Asked before the file is read, so that a change during the read is seen the next time.
  if (!changed() && table_) return table_;
  return read_again();
}

Result<std::shared_ptr<const MountTable>> MountInfoReader::read_again() {
  auto table = std::make_shared<MountTable>();
  std::vector<int> bad_lines;
  const auto status = parse_table(path_, bad_lines, [&](libmnt_fs* entry) {
    const dev_t number = mnt_fs_get_devno(entry);
    table->push_back({.id = mnt_fs_get_id(entry),
                      .parent_id = mnt_fs_get_parent_id(entry),
                      .device = {::major(number), ::minor(number)},
                      .root = text(mnt_fs_get_root(entry)),
                      .target = text(mnt_fs_get_target(entry)),
                      .fs_type = text(mnt_fs_get_fstype(entry)),
                      .source = text(mnt_fs_get_source(entry)),
                      .super_options = text(mnt_fs_get_fs_options(entry))});
  });
  if (!status) {
    table_.reset();
    return with_context(status.error(), "read mount table");
  }
  if (!bad_lines.empty()) {
    table_.reset();
    return base::errno_error(EBADMSG, "read mount table: " + path_ + " line " + std::to_string(bad_lines.front()));
  }
  table_ = std::move(table);
  return table_;
}

}  // namespace motoko::sources
