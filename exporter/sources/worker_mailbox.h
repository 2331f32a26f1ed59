// Memory that a worker and the program share: what a worker has found lies there for the program to fetch when the
// request is served, or when the worker hangs. Putting it there wakes nobody.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/base/unique_fd.h"

namespace motoko::sources {

/// One side's mapping of it.
class WorkerMailbox {
 public:
  WorkerMailbox() = default;  // full from the start
  WorkerMailbox(WorkerMailbox&& other) noexcept;
  WorkerMailbox& operator=(WorkerMailbox&& other) noexcept;
  WorkerMailbox(const WorkerMailbox&) = delete;
  WorkerMailbox& operator=(const WorkerMailbox&) = delete;
  ~WorkerMailbox();

  /// New memory, as a descriptor for map(): here, and in the process it is sent to.
  [[nodiscard]] static base::Result<base::UniqueFd> make();
  [[nodiscard]] static base::Result<WorkerMailbox> map(int fd);

  /// The program, before each request.
  void clear();
  /// The worker. False: there is no room, and from then on there is none.
  bool put(std::string_view part);
  /// The program: what was put so far, in order. Trusts nothing that the worker wrote.
  [[nodiscard]] std::vector<std::string> parts() const;

 private:
  struct Memory;
  explicit WorkerMailbox(Memory* memory) : memory_(memory) {}

  Memory* memory_ = nullptr;
};

}  // namespace motoko::sources
