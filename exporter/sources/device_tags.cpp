#include "exporter/sources/device_tags.h"

#include <blkid/blkid.h>
#include <fcntl.h>

#include <memory>

#include "exporter/base/unique_fd.h"
#include "exporter/base/wire.h"
#include "exporter/sources/filesystem_uuid.h"

namespace motoko::sources {
namespace {

using base::Result;
using observation::DeviceTags;

struct FreeProbe {
  void operator()(blkid_probe probe) const { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe>;

std::string value_of(const Probe& probe, const char* name) {
  const char* value = nullptr;
  std::size_t size = 0;  // counts the terminating zero
  if (blkid_probe_lookup_value(probe.get(), name, &value, &size) != 0 || !value || size == 0) return {};
  return std::string(value, size - 1);
}

}  // namespace

Result<DeviceTags> read_device_tags(const std::string& path) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) {
    const int error = errno;
    const auto uuid = error == EACCES || error == EPERM ? uuid_where_mounted(path) : std::string();
    if (uuid.empty()) return base::errno_error(error, "open " + path);
    return DeviceTags{
        .uuid = uuid, .label = {}, .partuuid = {}, .partlabel = {}, .fs_type = {}, .only_uuid_known = true};
  }
  const Probe probe(blkid_new_probe());
  if (!probe) return base::errno_error(ENOMEM, "probe " + path);
  errno = 0;
  if (blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0)
    return base::errno_error(errno ? errno : EIO, "probe " + path);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_TYPE);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_ENTRY_DETAILS);
  errno = 0;
  // blkid_do_safeprobe(3): 0 found, 1 nothing found, -2 ambivalent, -1 error.
  const int found = blkid_do_safeprobe(probe.get());
  if (found == -2) return base::errno_error(EBADMSG, path + " carries signatures of several file systems");
  if (found < 0) return base::errno_error(errno ? errno : EIO, "probe " + path);
  return DeviceTags{.uuid = value_of(probe, "UUID"),
                    .label = value_of(probe, "LABEL"),
                    .partuuid = value_of(probe, "PART_ENTRY_UUID"),
                    .partlabel = value_of(probe, "PART_ENTRY_NAME"),
                    .fs_type = value_of(probe, "TYPE"),
                    .only_uuid_known = false};
}

std::string encode(const Result<DeviceTags>& tags) {
  base::WireWriter writer;
  if (!tags) return writer.number(tags.error().code.value()).text(tags.error().context).take();
  writer.number(0)
      .text(tags->uuid)
      .text(tags->label)
      .text(tags->partuuid)
      .text(tags->partlabel)
      .text(tags->fs_type)
      .number(tags->only_uuid_known);
  return writer.take();
}

Result<DeviceTags> decode_device_tags(std::string_view bytes) {
  base::WireReader reader(bytes);
  if (const int code = reader.number<int>(); code != 0) return base::errno_error(code, reader.text());
  DeviceTags tags;
  tags.uuid = reader.text();
  tags.label = reader.text();
  tags.partuuid = reader.text();
  tags.partlabel = reader.text();
  tags.fs_type = reader.text();
  tags.only_uuid_known = reader.number<bool>();
  if (!reader.ok()) return base::errno_error(EBADMSG, "tags of a device");
  return tags;
}

}  // namespace motoko::sources
