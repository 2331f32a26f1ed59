#include "exporter/sources/worker_mailbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace motoko::sources {
namespace {

constexpr std::size_t kMailboxBytes = std::size_t{64} * 1024;  // only the pages that are used exist

}  // namespace

/// Parts one after another, each behind its size.
struct WorkerMailbox::Memory {
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  static constexpr std::size_t kRoom = kMailboxBytes - 2 * sizeof(std::uint32_t);

  std::atomic<std::uint32_t> used;
  std::uint32_t full;  // the worker's note to itself
  char bytes[kRoom];
};

WorkerMailbox::WorkerMailbox(WorkerMailbox&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}

WorkerMailbox& WorkerMailbox::operator=(WorkerMailbox&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}

WorkerMailbox::~WorkerMailbox() {
  if (memory_) ::munmap(memory_, sizeof(Memory));
}

base::Result<base::UniqueFd> WorkerMailbox::make() {
  base::UniqueFd fd(::memfd_create("motoko-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid()) return base::errno_error(errno, "make a worker's mailbox");
  if (::ftruncate(fd.get(), sizeof(Memory)) != 0) return base::errno_error(errno, "make a worker's mailbox");
  // So that no end can make the other die of it.
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return base::errno_error(errno, "make a worker's mailbox");
  return fd;
}

base::Result<WorkerMailbox> WorkerMailbox::map(int fd) {
  void* const memory = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return base::errno_error(errno, "map a worker's mailbox");
  return WorkerMailbox(static_cast<Memory*>(memory));
}

void WorkerMailbox::clear() {
  if (!memory_) return;
  memory_->full = 0;
  memory_->used.store(0, std::memory_order_release);
}

bool WorkerMailbox::put(std::string_view part) {
  if (!memory_ || memory_->full != 0) return false;
  const std::size_t used = memory_->used.load(std::memory_order_relaxed);
  const auto size = static_cast<std::uint32_t>(part.size());
  if (used > Memory::kRoom || part.size() > Memory::kRoom || Memory::kRoom - used < sizeof size + part.size()) {
    memory_->full = 1;
    return false;
  }
  std::memcpy(memory_->bytes + used, &size, sizeof size);
  std::memcpy(memory_->bytes + used + sizeof size, part.data(), part.size());
  memory_->used.store(static_cast<std::uint32_t>(used + sizeof size + part.size()), std::memory_order_release);
  return true;
}

std::vector<std::string> WorkerMailbox::parts() const {
  std::vector<std::string> parts;
  if (!memory_) return parts;
  const std::size_t used = std::min<std::size_t>(memory_->used.load(std::memory_order_acquire), Memory::kRoom);
  for (std::size_t at = 0; used - at >= sizeof(std::uint32_t);) {
    std::uint32_t size = 0;
    std::memcpy(&size, memory_->bytes + at, sizeof size);
    at += sizeof size;
    if (size > used - at) break;
    parts.emplace_back(memory_->bytes + at, size);
    at += size;
  }
  return parts;
}

}  // namespace motoko::sources
