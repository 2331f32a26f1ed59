// How a level and a list of findings look on the pages: always a word and a sign, never colour alone.
#pragma once

#include <string_view>
#include <vector>

#include "exporter/web/html.h"
#include "exporter/web/status_page.h"

namespace motoko::web {

/// The class that gives an element its tones.
[[nodiscard]] Markup css_class(Level level);

/// "Healthy", "Warning", "Critical", "Unknown".
[[nodiscard]] std::string_view word_for(Level level);

/// For the favicon.
[[nodiscard]] Markup icon_color(Level level);

/// The sign and the word in a pill.
[[nodiscard]] Html badge(Level level);

/// Detail, severity, code and the link to the runbook of each, the worst first; nothing where there are none.
[[nodiscard]] Html finding_list(const std::vector<FindingView>& findings);

/// "2026-11-23 20:15:00 UTC", for machines too.
[[nodiscard]] Html time_element(base::WallTime time);

/// "/runbook#MotokoStorageMountFailed"; of no code or an unknown one: "/runbook".
[[nodiscard]] std::string runbook_link(std::string_view finding_code);

/// "12s ago", "just now", "in 3m": how `time` lies to `now`.
[[nodiscard]] std::string age(base::WallTime time, base::WallTime now);

}  // namespace motoko::web
