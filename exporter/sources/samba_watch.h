// Keeps the state of the SMB server fresh on a thread of its own, so that nobody who asks for it ever waits for smbd.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "exporter/base/clock.h"
#include "exporter/base/unique_fd.h"
#include "exporter/observation/samba.h"
#include "exporter/observation/sources.h"
#include "exporter/sources/smbd_process.h"

namespace motoko::sources {

struct SambaWatchOptions {
  std::string address = "127.0.0.1:445";  // see smb2_negotiate()
  std::string procfs = "/proc";
  std::chrono::milliseconds deadline = std::chrono::seconds(2);  // of one handshake
  std::chrono::milliseconds period = std::chrono::seconds(5);    // between the starts of two checks
  // Called on the watch's thread after state() changed. Must neither throw nor end the watch.
  std::function<void()> on_change = {};
};

class SambaWatch final : public observation::SambaSource {
 public:
  /// Starts the first check at once. Throws std::system_error where the thread or its descriptors cannot be had.
  explicit SambaWatch(SambaWatchOptions options);
  /// Prompt also while smbd does not answer.
  ~SambaWatch() override;
  SambaWatch(const SambaWatch&) = delete;
  SambaWatch& operator=(const SambaWatch&) = delete;

  /// As of the last check; errors operation_in_progress before the first one ended. Never waits. From every thread.
  [[nodiscard]] observation::SambaState state() const;
  observation::SambaState samba_state() override { return state(); }

  /// Checks anew and waits for it. False: that took longer than `deadline`; state() is then the last known one. From
  /// every thread.
  bool refresh_and_wait(base::MonotonicTime deadline);

 private:
  void run();
  [[nodiscard]] bool stopping() const;
  [[nodiscard]] observation::SambaState check();
  [[nodiscard]] base::Result<bool> smbd_runs();
  void wait_until(base::MonotonicTime next_check) const;

  SambaWatchOptions options_;
  base::UniqueFd stop_;              // eventfd: the destructor
  base::UniqueFd refresh_;           // eventfd: refresh_and_wait()
  std::optional<SmbdProcess> smbd_;  // only the thread's
  mutable std::mutex mutex_;         // everything below
  std::condition_variable checked_;
  observation::SambaState state_;
  std::uint64_t requested_ = 0;
  std::uint64_t served_ = 0;  // the newest request that a whole check has followed
  std::jthread thread_;       // last: it uses all of the above
};

}  // namespace motoko::sources
