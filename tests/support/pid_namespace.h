// Runs part of a test where it sees only processes of its own: several tests of this machine may run an smbd at once.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace motoko::testing {

/// Why there can be no such namespace here, or nothing.
[[nodiscard]] std::optional<std::string> missing_pid_namespaces();

/// Runs `body` in a forked child that is the first process of a new PID namespace and has its own mount namespace,
/// where procfs is mounted on `procfs` (with those mount options). Failed expectations in it are printed there, and
/// fail the test here; so does a crash. Needs root. Call while the test has one thread.
void in_pid_namespace(const std::function<void(const std::string& procfs)>& body,
                      const std::string& mount_options = {});

}  // namespace motoko::testing
