// What a person sees while a fix runs: each step as it begins on a terminal, a log line for each elsewhere.
#pragma once

#include <memory>

#include "exporter/remediation/runner.h"

namespace motoko::app {

/// `on_terminal`: lines on standard output that are written over when a step ends.
[[nodiscard]] std::unique_ptr<remediation::RunListener> make_progress(bool on_terminal, bool colour);

}  // namespace motoko::app
