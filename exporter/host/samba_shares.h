// Proves that the running smbd serves what lies under a path: connects to each such share as a client and lists it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::host {

struct Share {
  std::string name;
  std::string path;
  bool operator==(const Share&) const = default;
};

/// The shares in what `testparm -s` prints, with the directories they serve. Those without a path (printers, IPC$) and
/// those whose path depends on who asks (a "%") are left out.
[[nodiscard]] std::vector<Share> parse_shares(std::string_view testparm_output);

/// The file that smbd was started with (-s, --configfile) from its command line, arguments ended by NUL; empty: the
/// one it was built with.
[[nodiscard]] std::string configuration_file_of(std::string_view command_line);

struct ShareListing {
  std::vector<std::string> listed;
  std::vector<std::string> asks_for_user;  // it answered, and does not let guests in: nobody is there to ask
  std::vector<std::string> failed;         // "time: NT_STATUS_IO_DEVICE_ERROR"
  std::string not_tried;                   // why nothing could be asked at all; empty: it could
  bool operator==(const ShareListing&) const = default;
};

struct ShareQuery {
  std::string procfs = "/proc";
  pid_t smbd = 0;                      // whose configuration counts
  std::string address;                 // "127.0.0.1:445", "[::1]:445"
  std::vector<std::string> paths;      // shares at or below one of these
  std::chrono::milliseconds deadline;  // for each share
};

/// As a guest, by smbclient(1). Never fails for what is missing here: that stands in `not_tried`.
[[nodiscard]] ShareListing list_shares(const ShareQuery& query);

}  // namespace motoko::host
