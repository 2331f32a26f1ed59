// Touches one mounted file system and says what happened. Runs in a disk worker: any call here may block for ever.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/observation/mount_table.h"
#include "exporter/observation/probe.h"

namespace motoko::sources {

struct ProbeRequest {
  std::string mountpoint;
  std::string device_path;           // read directly where the file system has no file to read; empty: do not
  observation::DeviceNumber device;  // what device_path must be
  std::string known_file;            // below the mountpoint; the one read last time
  bool write = false;                // also write and fsync an unnamed file
};

/// What came back, in the order of the touches. Parts that did not come (the disk hangs) are errors of code timed_out.
struct ProbeReply {
  base::Result<observation::ProbeOutcome> statfs;
  base::Result<observation::FilesystemUsage> usage;
  base::Result<observation::ProbeOutcome> read;
  std::string known_file;
  base::Result<observation::ProbeOutcome> write;
};

[[nodiscard]] std::string encode(const ProbeRequest& request);
[[nodiscard]] base::Result<ProbeRequest> decode_probe_request(std::string_view bytes);

/// In the worker: three touches, one message each, so that what was proved before a hang still arrives.
///   statfs  succeeds on dead ext4 too; only sizes come from it
///   read    an O_DIRECT read of a regular file: nothing cached can answer it
///   write   O_TMPFILE, write, fsync: shows a disk that fails only writes
void run_mount_probe(const ProbeRequest& request, const std::function<void(std::string_view)>& emit);

/// In the parent: the messages that arrived. `missing`: why the others did not.
[[nodiscard]] ProbeReply decode_probe_reply(const std::vector<std::string>& parts, const base::Error& missing,
                                            base::Seconds elapsed, bool write_asked);

}  // namespace motoko::sources
