// Keeps slow clients from holding all of civetweb's threads. Each connection has a thread for as long as it lives, and
// there are few; so while all are taken, connections that only wait for their client are cut off after a short grace.
// Also ends bodies that trickle, and every connection when the server stops. Callable from every thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "exporter/base/clock.h"
#include "exporter/web/own_sockets.h"

namespace motoko::web {

class ConnectionGuard {
 public:
  struct Limits {
    unsigned connections = 1;                        // as many as there are threads
    std::chrono::milliseconds grace{250};            // for a client to send a request while all threads are taken
    std::chrono::milliseconds slow_response{2'000};  // to take a response while all threads are taken
  };

  explicit ConnectionGuard(Limits limits);
  ~ConnectionGuard();
  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

  /// Starts cutting connections to these local ports. Call once.
  void watch(std::vector<std::uint16_t> local_ports);

  /// A thread takes a connection; is about to close it; has closed it.
  void opened();
  void closing();
  void closed();

  /// True while every thread has a connection, and when stopping: answer with `Connection: close`.
  [[nodiscard]] bool crowded() const { return crowded_; }

  /// While this lives, the connection does not wait for its client's request: the server works for it.
  class Busy {
   public:
    Busy(ConnectionGuard& guard, Client client);
    ~Busy();
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

    /// From here on the client has to take the response.
    void sending();

   private:
    ConnectionGuard& guard_;
    Client client_;
  };

  /// Stops reading from the connection at `deadline`, unless this is gone by then. The owner must not close `fd`
  /// before.
  class ReadDeadline {
   public:
    ReadDeadline(ConnectionGuard& guard, int fd, base::MonotonicTime deadline);
    ~ReadDeadline();
    ReadDeadline(const ReadDeadline&) = delete;
    ReadDeadline& operator=(const ReadDeadline&) = delete;

   private:
    ConnectionGuard& guard_;
    int fd_;
  };

  /// Accepts nothing more, cuts what waits, gives requests that are being answered until `deadline`, and cuts the rest.
  void stop(base::MonotonicTime deadline);

 private:
  struct Answering {
    Client client;
    std::optional<base::MonotonicTime> sending_since;
  };
  struct Reading {
    int fd;
    base::MonotonicTime deadline;
    bool cut = false;
  };
  struct Waiting {
    OwnSocket socket;
    base::MonotonicTime since;  // when a crowded server saw it first
  };

  void run();
  [[nodiscard]] std::vector<Answering>::iterator find_answering(Client client);
  [[nodiscard]] bool is_answering(Client client);
  void cut_slow_clients(base::MonotonicTime now);
  void cut_late_bodies(base::MonotonicTime now);
  void update_crowded();

  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint16_t> local_ports_;
  unsigned open_ = 0;
  unsigned closing_ = 0;  // while above 0 a socket's number may pass to another: cut nothing
  std::vector<Answering> answering_;
  std::vector<Reading> reading_;
  std::vector<Waiting> waiting_;
  bool stopping_ = false;
  bool finished_ = false;
  std::atomic<bool> crowded_ = false;
  std::thread thread_;
};

}  // namespace motoko::web
