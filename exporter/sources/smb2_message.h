// The bytes of an SMB2 NEGOTIATE and what its answer must look like (MS-SMB2, sections 2.1, 2.2.1, 2.2.3 and 2.2.4).
// Does no input or output; smb_negotiate sends and receives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exporter/base/result.h"

namespace motoko::sources {

/// Direct TCP transport: a zero byte and three bytes of length, big-endian, before each message.
inline constexpr std::size_t kSmbFrameHeaderBytes = 4;

/// Frame and request: dialects 2.0.2 to 3.1.1, with new random identifiers each time.
[[nodiscard]] std::string make_smb2_negotiate();

/// How long the message behind this frame header is. `received`: all that came so far, one byte or more; only the first
/// four are judged. Error protocol_error: whatever answered speaks another protocol; its first bytes are quoted. With
/// fewer than four bytes that could still become a header: 0.
[[nodiscard]] base::Result<std::size_t> smb_message_size(std::string_view received);

/// `message`: the answer without its frame header. Error protocol_error: not the answer to our request, or a refusal,
/// whose NT status is named.
[[nodiscard]] base::Status check_smb2_negotiate_answer(std::string_view message);

}  // namespace motoko::sources
