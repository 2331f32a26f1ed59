// The facts behind the gate, kept in tables of their own because runs are pruned. Everything here is part of a caller's
// transaction.
#pragma once

#include "exporter/remediation/database.h"
#include "exporter/remediation/gate.h"
#include "exporter/remediation/run.h"

namespace motoko::remediation {

/// The end of run `run.id`, which has an end and an outcome: starts the cooldown where it changed something and ended
/// as fixed or failed, ends the cooldown where it was interrupted, opens the circuit where a failure makes it due.
[[nodiscard]] Status note_end(Database& database, const RunRecord& run, const GatePolicy& policy);

[[nodiscard]] Result<GateState> load_gate_state(Database& database);

/// Times in the future become `now`: the clock was put back, and they must age from here on.
[[nodiscard]] Status pull_to_present(Database& database, base::WallTime now);

/// Forgets the failures too. True: it was open.
[[nodiscard]] Result<bool> close_circuit(Database& database);

}  // namespace motoko::remediation
