// How long a request's body says it is (RFC 9112, 6). Civetweb takes any number, so this decides before it reads.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "exporter/base/result.h"
#include "exporter/web/message.h"

namespace motoko::web {

struct BodyFraming {
  bool transfer_encoded = false;        // chunked or worse: the length is not known beforehand
  std::optional<std::uint64_t> length;  // Content-Length; saturated where it does not fit
  bool operator==(const BodyFraming&) const = default;

  /// True where bytes may follow the header.
  [[nodiscard]] bool has_body() const { return transfer_encoded || length.value_or(0) > 0; }
};

/// Error std::errc::invalid_argument: Content-Length is not a number, or two of them differ, or comes with
/// Transfer-Encoding (two readers of such a request may disagree where it ends).
[[nodiscard]] base::Result<BodyFraming> body_framing(const std::vector<HeaderField>& headers);

}  // namespace motoko::web
