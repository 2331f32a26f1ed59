#include "exporter/remediation/database_error.h"

#include <sqlite3.h>

#include <string>

namespace motoko::remediation {
namespace {

class SqliteCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "sqlite"; }
  [[nodiscard]] std::string message(int code) const override {
    const char* const text = sqlite3_errstr(code);
    return text == nullptr ? "unknown error" : text;
  }
  [[nodiscard]] std::error_condition default_error_condition(int code) const noexcept override {
    constexpr int kPrimaryCode = 0xff;
    switch (code & kPrimaryCode) {
      case SQLITE_FULL:
        return std::errc::no_space_on_device;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return std::errc::device_or_resource_busy;
      case SQLITE_READONLY:
      case SQLITE_PERM:
        return std::errc::permission_denied;
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB:
        return std::errc::bad_message;
      case SQLITE_IOERR:
        return std::errc::io_error;
      default:
        return {code, *this};
    }
  }
};

}  // namespace

std::error_code sqlite_error(int code) {
  static const SqliteCategory category;
  return {code, category};
}

}  // namespace motoko::remediation
