// The state of the SMB server.
#pragma once

#include <string>

#include "exporter/base/result.h"

namespace motoko::observation {

struct SambaState {
  base::Result<bool> running;     // a main smbd process exists
  base::Result<bool> responding;  // it answered an SMB2 NEGOTIATE within the deadline
  std::string detail;             // why not, for people; empty when both are true
  bool operator==(const SambaState&) const = default;
};

}  // namespace motoko::observation
