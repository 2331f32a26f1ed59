// Two small helpers for chains of calls that each may fail.
#pragma once

#include <utility>

#include "exporter/base/result.h"

namespace motoko::remediation {

/// Moves the value of a Result into `target`, or hands on its error.
template <typename T>
base::Status take(base::Result<T> from, T& target) {
  if (!from) return tl::unexpected(std::move(from.error()));
  target = std::move(*from);
  return {};
}

/// `value`, or the error of what led to it.
template <typename T>
base::Result<T> result_of(const base::Status& status, T value) {
  if (!status) return tl::unexpected(status.error());
  return value;
}

}  // namespace motoko::remediation
