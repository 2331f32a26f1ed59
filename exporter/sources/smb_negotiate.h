// Asks an SMB server the first question of every session, an SMB2 NEGOTIATE: what answers it is alive and is SMB.
#pragma once

#include <string>

#include "exporter/base/clock.h"
#include "exporter/base/result.h"

namespace motoko::sources {

/// `address`: "127.0.0.1:445", "[::1]:445", "localhost:445" (IPv4); without a port, 445. No other name is looked up, as
/// that could block. `deadline` covers everything, also an answer that trickles in. `cancel_fd`: gives up as soon as it
/// is readable; -1: none.
/// Errors, after the address: invalid_argument (the address), connection_refused, timed_out, connection_reset (closed
/// without an answer), protocol_error (not SMB, or refused with an NT status), operation_canceled, and those of
/// socket(2) and connect(2).
[[nodiscard]] base::Status smb2_negotiate(const std::string& address, base::MonotonicTime deadline, int cancel_fd = -1);

}  // namespace motoko::sources
