// The process that forks disk workers. It is started while the program has one thread, so that its children may use
// every library, and it holds nothing of the program: no socket, no terminal, no working directory on a disk.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"
#include "exporter/sources/worker_mailbox.h"

namespace motoko::sources {

/// Runs in a worker. Serves one request; what each `emit` gives reaches the caller even where the worker blocks for
/// ever after it.
using WorkerHandler = std::function<void(std::string_view request, const std::function<void(std::string_view)>& emit)>;

/// One forked worker: requests and messages on `channel` (SOCK_SEQPACKET), its life on `process` (a pidfd). What it
/// emits lies in `mailbox`, to be cleared before each request; what has no room there comes as messages.
struct Worker {
  base::UniqueFd channel;
  base::UniqueFd process;
  WorkerMailbox mailbox;
};

/// First byte of each message from a worker.
inline constexpr char kMessagePart = 'p';  // emitted when the mailbox was full
inline constexpr char kMessageEnd = 'e';   // the request is served; nothing else in this message
inline constexpr std::size_t kMaxMessageBytes = std::size_t{128} * 1024;

class WorkerZygote {
 public:
  /// Forks the zygote. Requires: the program has a single thread.
  static base::Result<WorkerZygote> start(const WorkerHandler& handler);

  /// A new worker. Error: the zygote is gone or could not fork. Callable from one thread at a time.
  [[nodiscard]] base::Result<Worker> fork_worker();

 private:
  explicit WorkerZygote(base::UniqueFd socket) : socket_(std::move(socket)) {}
  base::UniqueFd socket_;  // when it closes, the zygote and every worker that is not stuck in the kernel end
};

}  // namespace motoko::sources
