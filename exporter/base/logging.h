// Log lines with fields, in logfmt or JSON, on standard error. Wraps spdlog so that its headers stay in one file.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace motoko::base {

enum class LogLevel { debug, info, warn, error };
enum class LogFormat { logfmt, json };

using LogField = std::pair<std::string_view, std::string>;

/// Call once, before the first line and before threads. Without it: level info, logfmt.
void start_logging(LogLevel level, LogFormat format);

/// One line; values are quoted as the format needs. Callable from every thread.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::info, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::warn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::error, message, fields);
}

}  // namespace motoko::base
