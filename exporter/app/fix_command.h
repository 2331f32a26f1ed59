// `motokoctl fix` and `motokoctl plan`.
#pragma once

#include "exporter/app/check_command.h"
#include "exporter/app/common_flags.h"

namespace motoko::app {

inline constexpr int kExitFixUsage = 3;  // 2 is a refusal here

struct FixFlags {
  bool dry_run = false;
  bool force = false;
  ReportFormat format = ReportFormat::text;
};

/// 0 fixed or nothing to do, 1 failed, 2 refused, 3 unusable configuration, 4 another run holds the lock.
[[nodiscard]] int run_fix_command(const CommonFlags& flags, const FixFlags& fix);

/// What a fix would do now, without the decision whether it may. Exit codes as above.
[[nodiscard]] int run_plan_command(const CommonFlags& flags, ReportFormat format);

}  // namespace motoko::app
