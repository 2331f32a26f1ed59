#include "exporter/base/logging.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>

#include "exporter/base/text.h"

namespace motoko::base {
namespace {

std::atomic<LogFormat> output_format{LogFormat::logfmt};

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("motoko", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");  // the whole line is rendered here, so that both formats escape what they must
  logger->flush_on(spdlog::level::trace);
  return logger;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = make_logger();
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

/// logfmt has no specification; like Go's loggers, quote where a value is empty or has blanks, quotes, '=' or controls.
std::string logfmt_value(std::string_view value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos &&
                     std::all_of(value.begin(), value.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
  return plain ? valid_utf8(value) : json_string(value);
}

}  // namespace

void start_logging(LogLevel level, LogFormat format) {
  output_format = format;
  logger().set_level(spdlog_level(level));
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!logger().should_log(spdlog_level(level))) return;
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto millis = now.time_since_epoch().count() % 1000;
  const auto time = fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(now), millis);
  fmt::memory_buffer line;
  auto out = std::back_inserter(line);
  if (output_format == LogFormat::json) {
    fmt::format_to(out, R"({{"ts":"{}","level":"{}","msg":{})", time, level_name(level), json_string(message));
    for (const auto& [key, value] : fields) fmt::format_to(out, ",{}:{}", json_string(key), json_string(value));
    fmt::format_to(out, "}}");
  } else {
    fmt::format_to(out, "ts={} level={} msg={}", time, level_name(level), logfmt_value(message));
    for (const auto& [key, value] : fields) fmt::format_to(out, " {}={}", key, logfmt_value(value));
  }
  logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace motoko::base
