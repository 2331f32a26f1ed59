#include "exporter/web/connection_guard.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace motoko::web {
namespace {

// How often sockets are looked at while crowded. Looking takes the lock and a few dozen system calls.
constexpr std::chrono::milliseconds kLookAgain{50};

/// Bytes that came and nobody has read yet: such a connection waits for a thread, not for its client.
bool has_unread_input(int fd) {
  int bytes = 0;
  return ::ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

}  // namespace

ConnectionGuard::ConnectionGuard(Limits limits) : limits_(limits) {}

ConnectionGuard::~ConnectionGuard() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ConnectionGuard::watch(std::vector<std::uint16_t> local_ports) {
  const std::lock_guard lock(mutex_);
  local_ports_ = std::move(local_ports);
  thread_ = std::thread([this] { run(); });
}

void ConnectionGuard::update_crowded() {
  crowded_ = stopping_ || open_ >= limits_.connections;
  if (crowded_) changed_.notify_all();
}

void ConnectionGuard::opened() {
  const std::lock_guard lock(mutex_);
  ++open_;
  update_crowded();
}

void ConnectionGuard::closing() {
  const std::lock_guard lock(mutex_);
  ++closing_;
}

void ConnectionGuard::closed() {
  const std::lock_guard lock(mutex_);
  --closing_;
  --open_;
  update_crowded();
}

std::vector<ConnectionGuard::Answering>::iterator ConnectionGuard::find_answering(Client client) {
  return std::find_if(answering_.begin(), answering_.end(), [&](const Answering& one) { return one.client == client; });
}

bool ConnectionGuard::is_answering(Client client) {
  return find_answering(client) != answering_.end();
}

ConnectionGuard::Busy::Busy(ConnectionGuard& guard, Client client) : guard_(guard), client_(client) {
  const std::lock_guard lock(guard_.mutex_);
  guard_.answering_.push_back({client, std::nullopt});
}

void ConnectionGuard::Busy::sending() {
  const std::lock_guard lock(guard_.mutex_);
  guard_.find_answering(client_)->sending_since = std::chrono::steady_clock::now();
}

ConnectionGuard::Busy::~Busy() {
  const std::lock_guard lock(guard_.mutex_);
  guard_.answering_.erase(guard_.find_answering(client_));
  if (guard_.stopping_) guard_.changed_.notify_all();
}

ConnectionGuard::ReadDeadline::ReadDeadline(ConnectionGuard& guard, int fd, base::MonotonicTime deadline)
    : guard_(guard), fd_(fd) {
  const std::lock_guard lock(guard_.mutex_);
  guard_.reading_.push_back({fd, deadline});
  guard_.changed_.notify_all();
}

ConnectionGuard::ReadDeadline::~ReadDeadline() {
  const std::lock_guard lock(guard_.mutex_);
  std::erase_if(guard_.reading_, [&](const Reading& one) { return one.fd == fd_; });
}

void ConnectionGuard::cut_late_bodies(base::MonotonicTime now) {
  for (auto& one : reading_) {
    if (one.cut || now < one.deadline) continue;
    ::shutdown(one.fd, SHUT_RD);  // the refusal can still be sent
    one.cut = true;
  }
}

void ConnectionGuard::cut_slow_clients(base::MonotonicTime now) {
  std::vector<Waiting> still_there;
  for (const auto& socket : own_sockets(local_ports_)) {
    if (!socket.client) continue;
    if (const auto answering = find_answering(*socket.client); answering != answering_.end()) {
      const auto& since = answering->sending_since;
      if (since && now - *since >= limits_.slow_response) ::shutdown(socket.fd, SHUT_RDWR);
      continue;
    }
    const auto before =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& one) { return one.socket == socket; });
    const auto since = before == waiting_.end() ? now : before->since;
    if (now - since >= limits_.grace && !has_unread_input(socket.fd)) ::shutdown(socket.fd, SHUT_RD);
    still_there.push_back({socket, since});
  }
  waiting_ = std::move(still_there);
}

void ConnectionGuard::run() {
  std::unique_lock lock(mutex_);
  auto next_look = base::MonotonicTime::min();
  while (!finished_) {
    auto now = std::chrono::steady_clock::now();
    if (crowded_ && !stopping_ && now >= next_look && closing_ == 0) {
      cut_slow_clients(now);
      next_look = now + kLookAgain;
    }
    cut_late_bodies(now);
    auto wake = crowded_ && !stopping_ ? now + kLookAgain : base::MonotonicTime::max();
    for (const auto& one : reading_)
      if (!one.cut) wake = std::min(wake, one.deadline);
    if (wake == base::MonotonicTime::max())
      changed_.wait(lock);
    else
      changed_.wait_until(lock, wake);
  }
}

void ConnectionGuard::stop(base::MonotonicTime deadline) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  update_crowded();
  const auto shut = [&](auto&& which) {
    changed_.wait_until(lock, deadline, [&] { return closing_ == 0; });
    for (const auto& socket : own_sockets(local_ports_))
      if (which(socket)) ::shutdown(socket.fd, SHUT_RDWR);
  };
  shut([&](const OwnSocket& socket) { return !socket.client || !is_answering(*socket.client); });
  changed_.wait_until(lock, deadline, [&] { return answering_.empty(); });
  shut([](const OwnSocket&) { return true; });
}

}  // namespace motoko::web
