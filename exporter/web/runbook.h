// The page /runbook: for each alert what it means, where to look, how to cure it by hand, and what never to do.
#pragma once

#include <string>
#include <string_view>

namespace motoko::web {

/// The whole page, the same at every call; the section of an alert has the alert's name as its id.
[[nodiscard]] std::string runbook_page();

/// The alert whose section explains a finding code of the check report. Empty: no such code.
[[nodiscard]] std::string_view runbook_anchor_for(std::string_view finding_code);

}  // namespace motoko::web
