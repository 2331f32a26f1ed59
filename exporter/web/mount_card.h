// One guarded mount on the status page.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/web/html.h"
#include "exporter/web/status_page.h"

namespace motoko::web {

[[nodiscard]] Html mount_card(const MountView& mount, base::WallTime now);

/// What is the matter, in plain words: the worst finding's, else what the level says.
[[nodiscard]] std::string_view state_in_words(const MountView& mount);

/// The code of the worst finding; empty: there is none of a known code.
[[nodiscard]] std::string_view worst_code(const std::vector<FindingView>& findings);

}  // namespace motoko::web
