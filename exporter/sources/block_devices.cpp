#include "exporter/sources/block_devices.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstdio>
#include <memory>
#include <optional>

#include "exporter/base/directory.h"
#include "exporter/base/file.h"

namespace motoko::sources {
namespace {

using base::Result;
using observation::DeviceNumber;

constexpr std::uint64_t kSectorBytes = 512;  // sysfs counts sectors of this size whatever the disk has

bool has_entries(const std::string& path) {
  const base::DirectoryStream directory(::opendir(path.c_str()));
  if (!directory) return false;
  while (const dirent* entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.') return true;
  return false;
}

std::string device_folder(const base::HostPaths& paths, DeviceNumber number) {
  return paths.sysfs + "/dev/block/" + to_string(number);
}

/// The folder of the disk that has the device, by a path that goes through the device's own.
std::string whole_disk_folder(const std::string& folder) {
  return ::access((folder + "/partition").c_str(), F_OK) == 0 ? folder + "/.." : folder;
}

/// One "E:KEY=value" line of udev's database (systemd: src/libsystemd/sd-device, not a stable format, but unchanged
/// since 2012).
std::string udev_property(const std::string& database, const std::string& key) {
  const std::string start = "E:" + key + "=";
  for (std::size_t line = 0; line < database.size();) {
    const std::size_t end = std::min(database.find('\n', line), database.size());
    if (database.compare(line, start.size(), start) == 0)
      return database.substr(line + start.size(), end - line - start.size());
    line = end + 1;
  }
  return {};
}

Result<std::string> udev_database(const base::HostPaths& paths, DeviceNumber number) {
  return base::read_file(paths.udev_data + "/b" + to_string(number));
}

/// The disk's name from where a device's link in /class/block leads: ".../block/sdb/sdb1", ".../block/sdb".
std::string disk_of(const std::string& link, const std::string& name) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return name;
  const std::string_view folder(target.data(), static_cast<std::size_t>(size));
  const auto above = folder.substr(0, folder.rfind('/'));
  const std::string_view parent = above.substr(above.rfind('/') + 1);
  return parent == "block" ? name : std::string(parent);
}

/// Cuts the next word off a line of words.
std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

std::string line_or_empty(const std::string& path) {
  return base::read_line(path).value_or("");
}

}  // namespace

Result<std::vector<ListedDevice>> list_block_devices(const base::HostPaths& paths) {
  const std::string path = paths.sysfs + "/class/block";
  const base::DirectoryStream directory(::opendir(path.c_str()));
  if (!directory) return base::errno_error(errno, "list block devices: open " + path);
  std::vector<ListedDevice> devices;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_name[0] == '.') continue;
    const std::string folder = path + "/" + entry->d_name;
    const auto sectors = base::read_number(folder + "/size");
    if (!sectors || *sectors == 0) continue;
    ListedDevice device{.name = entry->d_name,
                        .number = {},
                        .size_bytes = *sectors * kSectorBytes,
                        .disk = disk_of(folder, entry->d_name)};
    if (std::sscanf(line_or_empty(folder + "/dev").c_str(), "%u:%u", &device.number.major, &device.number.minor) != 2)
      continue;
    auto sequence = base::read_number(folder + "/diskseq");
    if (!sequence) sequence = base::read_number(folder + "/../diskseq");  // a partition's is its disk's
    device.sequence = sequence.value_or(0);
    device.held = has_entries(folder + "/holders");
    devices.push_back(std::move(device));
  }
  return devices;
}

WriteCounts parse_write_counts(std::string_view diskstats) {
  WriteCounts counts;
  while (!diskstats.empty()) {
    const std::size_t end = std::min(diskstats.find('\n'), diskstats.size());
    std::string_view line = diskstats.substr(0, end);
    diskstats.remove_prefix(std::min(end + 1, diskstats.size()));
    // major minor name; reads: done merged sectors ms; writes: the same; now ms weighted; since 4.18 discards: the same
    (void)next_word(line);
    (void)next_word(line);
    const std::string_view name = next_word(line);
    std::optional<std::uint64_t> writes;
    std::uint64_t discards = 0;
    for (int field = 4; field <= 15; ++field) {
      const std::string_view word = next_word(line);
      std::uint64_t number = 0;
      if (std::from_chars(word.data(), word.data() + word.size(), number).ec != std::errc()) break;
      if (field == 8) writes = number;
      if (field == 15) discards = number;
    }
    if (writes) counts.emplace(name, *writes + discards);
  }
  return counts;
}

Result<WriteCounts> read_write_counts(const base::HostPaths& paths) {
  const auto text = base::read_file(paths.procfs + "/diskstats");
  if (!text) return with_context(text.error(), "read what was written to disks");
  return parse_write_counts(*text);
}

Result<bool> device_exists(const base::HostPaths& paths, DeviceNumber number) {
  const auto sectors = base::read_number(device_folder(paths, number) + "/size");
  if (sectors) return *sectors > 0;
  if (!sectors.error().is(std::errc::no_such_file_or_directory) && !sectors.error().is(std::errc::no_such_device))
    return with_context(sectors.error(), "look for device " + to_string(number));
  if (::access((paths.sysfs + "/dev/block").c_str(), F_OK) != 0)
    return base::errno_error(errno, "look for device " + to_string(number) + ": " + paths.sysfs + "/dev/block");
  return false;
}

Result<std::string> device_name(const base::HostPaths& paths, DeviceNumber number) {
  const std::string link = device_folder(paths, number);
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  if (size < 0) return base::errno_error(errno, "read " + link);
  const std::string folder(target.data(), static_cast<std::size_t>(size));
  return folder.substr(folder.rfind('/') + 1);
}

Result<observation::DiskIdentity> disk_identity(const base::HostPaths& paths, DeviceNumber number) {
  const std::string folder = device_folder(paths, number);
  if (::access(folder.c_str(), F_OK) != 0) return base::errno_error(errno, "look at " + folder);
  observation::DiskIdentity disk;
  if (const auto database = udev_database(paths, number)) {
    disk.model = udev_property(*database, "ID_MODEL");
    disk.serial = udev_property(*database, "ID_SERIAL_SHORT");
  }
  if (!disk.model.empty() && !disk.serial.empty()) return disk;
  const std::string whole = whole_disk_folder(folder);
  if (disk.model.empty()) disk.model = line_or_empty(whole + "/device/model");
  if (disk.serial.empty()) disk.serial = line_or_empty(whole + "/device/serial");
  if (disk.serial.empty()) disk.serial = line_or_empty(whole + "/serial");  // virtio
  return disk;
}

Result<observation::DeviceTags> udev_tags(const base::HostPaths& paths, DeviceNumber number) {
  const auto database = udev_database(paths, number);
  if (!database) return tl::unexpected(database.error());
  return observation::DeviceTags{.uuid = udev_property(*database, "ID_FS_UUID"),
                                 .label = udev_property(*database, "ID_FS_LABEL"),
                                 .partuuid = udev_property(*database, "ID_PART_ENTRY_UUID"),
                                 .partlabel = udev_property(*database, "ID_PART_ENTRY_NAME"),
                                 .fs_type = udev_property(*database, "ID_FS_TYPE"),
                                 .only_uuid_known = false};
}

}  // namespace motoko::sources
