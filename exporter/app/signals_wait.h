// Keeps the signals that ask a process to end from ending it half way through a fix: that would leave Samba stopped.
#pragma once

#include <csignal>
#include <ctime>

namespace motoko::app {

/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGTSTP wait; then those that came are forgotten, for what they
/// wanted to end has ended. From then on a reader of our output that went away is no reason to end either (SIGPIPE).
/// Begin it before the first thread starts: a signal is taken by whichever thread does not block it.
class SignalsWait {
 public:
  SignalsWait() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&signals_, signal);
    ::sigprocmask(SIG_BLOCK, &signals_, &before_);
    ::signal(SIGPIPE, SIG_IGN);
  }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;
  ~SignalsWait() {
    const timespec at_once{};
    while (::sigtimedwait(&signals_, nullptr, &at_once) > 0) {
    }
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace motoko::app
