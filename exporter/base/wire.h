// Length-prefixed fields for messages between this process and its own workers. Both ends are the same binary, so there
// is no version and no byte order; a message that ends early is an error all the same.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/base/result.h"

namespace motoko::base {

class WireWriter {
 public:
  template <typename Number>
  WireWriter& number(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  WireWriter& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value);
    return *this;
  }
  /// Success, or the error. Whoever writes a value too writes one in both cases.
  template <typename T>
  WireWriter& status(const Result<T>& result) {
    return number(result ? 0 : result.error().code.value()).text(result ? "" : result.error().context);
  }
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what WireWriter wrote, in the same order. After a read past the end, ok() is false and values are zero or
/// empty.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  template <typename Number>
  Number number() {
    Number value{};
    if (rest_.size() < sizeof value) {
      ok_ = false;
      rest_ = {};
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const auto size = number<std::uint32_t>();
    if (rest_.size() < size) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  /// What WireWriter::status() wrote; the code is taken for an errno value.
  Status status() {
    const int code = number<int>();
    std::string context = text();
    if (code != 0) return errno_error(code, std::move(context));
    return {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace motoko::base
