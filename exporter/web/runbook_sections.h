// The texts of the runbook, in the order of the page. The commands use $M, $S and `layers` as the page's preface sets
// them.
#pragma once

#include <span>
#include <string_view>

#include "exporter/web/html.h"

namespace motoko::web {

struct RunbookSection {
  std::string_view alert;
  std::string_view headline;  // what it means, in one sentence
  Markup look;                // with commands
  Markup cure;
  Markup never;  // list items
};

/// About disks and mounts.
[[nodiscard]] std::span<const RunbookSection> storage_sections();

/// About what is stored on them, who serves it, and Motoko itself.
[[nodiscard]] std::span<const RunbookSection> service_sections();

}  // namespace motoko::web
