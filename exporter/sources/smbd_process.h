// The main smbd process, found in procfs: the one that listens and forks a child for each client.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "exporter/base/result.h"

namespace motoko::sources {

/// A process, named so that a later one with the same PID is not taken for it.
struct SmbdProcess {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // clock ticks since boot (proc(5), field 22 of stat)
  bool operator==(const SmbdProcess&) const = default;
};

/// A process called "smbd" that is not dead and whose parent is no smbd. A stopped one (SIGSTOP) counts. Nothing: none.
/// Error permission_denied: other users' processes are hidden here (hidepid=, proc(5)), so none proves nothing; other
/// errors: procfs cannot be read. Reads one file for each process of the host.
/// `of_this_host`: only one whose real user is root and that is in the PID namespace that procfs shows, as the server
/// of this host is: anybody may call a process smbd, and containers have servers of their own.
enum class SmbdKind { any, of_this_host };
[[nodiscard]] base::Result<std::optional<SmbdProcess>> find_main_smbd(const std::string& procfs,
                                                                      SmbdKind kind = SmbdKind::any);

/// True while that process lives. Reads one file.
[[nodiscard]] bool still_runs(const std::string& procfs, const SmbdProcess& process);

}  // namespace motoko::sources
