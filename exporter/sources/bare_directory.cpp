#include "exporter/sources/bare_directory.h"

#include <linux/fs.h>

#include <algorithm>

#include "exporter/base/bare_directory.h"
#include "exporter/base/wire.h"
#include "exporter/sources/awaited_jobs.h"
#include "exporter/sources/worker_requests.h"

namespace motoko::sources {
namespace {

using base::Result;

constexpr std::chrono::seconds kInterval{60};

}  // namespace

Result<bool> is_guarded(const std::string& mountpoint) {
  const auto directory = base::open_bare_directory(mountpoint);
  if (!directory) return tl::unexpected(directory.error());
  const auto flags = base::read_inode_flags(*directory);
  if (flags) return (*flags & FS_IMMUTABLE_FL) != 0;
  if (flags.error().is(std::errc::not_supported)) return false;
  return tl::unexpected(flags.error());
}

std::string encode(const Result<bool>& guarded) {
  return base::WireWriter().status(guarded).number(guarded.value_or(false)).take();
}

Result<bool> decode_guarded(std::string_view bytes) {
  base::WireReader reader(bytes);
  if (const auto status = reader.status(); !status) return tl::unexpected(status.error());
  const bool guarded = reader.number<bool>();
  if (!reader.ok()) return base::errno_error(EBADMSG, "flags of a bare directory");
  return guarded;
}

std::vector<Result<bool>> BareDirectories::guarded(const std::vector<observation::GuardedMount>& mounts) {
  const auto now = base::now().monotonic;
  if (look_again_at_ && now < *look_again_at_) return known_;
  std::vector<AwaitedJob> jobs;
  for (const auto& mount : mounts)
    jobs.push_back({.key = "under " + mount.path, .request = bare_directory_request(mount.path)});
  known_.clear();
  for (const auto& outcome : run_and_wait(workers_, jobs, deadline_))
    known_.push_back(outcome.parts.empty() ? Result<bool>(tl::unexpected(outcome.error.value_or(base::Error{})))
                                           : decode_guarded(outcome.parts.front()));
  const bool permitted = std::none_of(known_.begin(), known_.end(), [](const auto& guarded) {
    return !guarded && guarded.error().is(std::errc::operation_not_permitted);
  });
  look_again_at_ = permitted ? now + kInterval : base::MonotonicTime::max();
  return known_;
}

}  // namespace motoko::sources
