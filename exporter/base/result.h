// Result<T>: a value, or an Error that says what was being done and why it failed. Used by every folder.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <utility>

namespace motoko::base {

/// What went wrong. `code` is for decisions, `context` ("open /dev/kmsg") for people.
struct Error {
  std::error_code code;
  std::string context;

  /// "context: reason", or the reason alone where there is no context. no_message_available is ours for what is not
  /// there to be read (no backup yet, no file to read): its context says all.
  [[nodiscard]] std::string message() const {
    if (!code || (is(std::errc::no_message_available) && !context.empty())) return context;
    return context.empty() ? code.message() : context + ": " + code.message();
  }
  [[nodiscard]] bool is(std::errc condition) const { return code == condition; }
  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// An error from an errno value. `error_number` > 0.
inline tl::unexpected<Error> errno_error(int error_number, std::string context) {
  return tl::unexpected(Error{{error_number, std::generic_category()}, std::move(context)});
}

/// An error that no system call made: `condition` classifies it, and its text stands behind `message`.
inline tl::unexpected<Error> failure(std::errc condition, std::string message) {
  return tl::unexpected(Error{std::make_error_code(condition), std::move(message)});
}

/// The same error one layer up: "read mount table: open /proc/self/mountinfo: Permission denied".
inline tl::unexpected<Error> with_context(Error error, std::string_view context) {
  error.context = error.context.empty() ? std::string(context) : std::string(context) + ": " + error.context;
  return tl::unexpected(std::move(error));
}

}  // namespace motoko::base
