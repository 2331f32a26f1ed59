#include "exporter/web/level.h"

#include <algorithm>

#include "exporter/base/text.h"
#include "exporter/web/finding_words.h"
#include "exporter/web/runbook.h"

namespace motoko::web {
namespace {

Markup sign(Level level) {
  switch (level) {
    case Level::ok:
      return "&#10003;"_html;  // check mark
    case Level::warning:
      return "&#9650;"_html;  // triangle
    case Level::critical:
      return "&#10005;"_html;  // cross
    case Level::unknown:
      return "?"_html;
  }
  return "?"_html;
}

int rank(Level level) {
  switch (level) {
    case Level::ok:
      return 0;
    case Level::warning:
      return 1;
    case Level::unknown:
      return 2;
    case Level::critical:
      return 3;
  }
  return 0;
}

}  // namespace

Markup css_class(Level level) {
  switch (level) {
    case Level::ok:
      return "ok"_html;
    case Level::warning:
      return "warning"_html;
    case Level::critical:
      return "critical"_html;
    case Level::unknown:
      return "unknown"_html;
  }
  return "unknown"_html;
}

std::string_view word_for(Level level) {
  switch (level) {
    case Level::ok:
      return "Healthy";
    case Level::warning:
      return "Warning";
    case Level::critical:
      return "Critical";
    case Level::unknown:
      return "Unknown";
  }
  return "Unknown";
}

Markup icon_color(Level level) {
  switch (level) {
    case Level::ok:
      return "%232f9e63"_html;
    case Level::warning:
      return "%23d99413"_html;
    case Level::critical:
      return "%23d93a2f"_html;
    case Level::unknown:
      return "%238a95a1"_html;
  }
  return "%238a95a1"_html;
}

Html badge(Level level) {
  return html("<span class=\"badge "_html, css_class(level), "\"><span aria-hidden=\"true\">"_html, sign(level),
              "</span> "_html, word_for(level), "</span>"_html);
}

std::string runbook_link(std::string_view finding_code) {
  const auto anchor = runbook_anchor_for(finding_code);
  return anchor.empty() ? "/runbook" : "/runbook#" + std::string(anchor);
}

Html finding_list(const std::vector<FindingView>& findings) {
  Html list;
  if (findings.empty()) return list;
  auto worst_first = findings;
  std::stable_sort(worst_first.begin(), worst_first.end(),
                   [](const FindingView& a, const FindingView& b) { return rank(a.severity) > rank(b.severity); });
  list.add("<ul class=\"findings\">\n"_html);
  for (const auto& finding : worst_first)
    list.add("<li class=\""_html, css_class(finding.severity), "\"><span class=\"sign\" aria-hidden=\"true\">"_html,
             sign(finding.severity), "</span><p>"_html, finding.detail,
             "</p><p class=\"small\"><span class=\"tone\">"_html, word_for(finding.severity),
             "</span> &middot; <code>"_html, finding.code, "</code> &middot; <a href=\""_html,
             runbook_link(finding.code), "\">What to do</a></p></li>\n"_html);
  return list.add("</ul>\n"_html);
}

std::string age(base::WallTime time, base::WallTime now) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - time);
  if (passed < std::chrono::seconds(-1)) return "in " + base::format_duration(-passed);
  if (passed < std::chrono::seconds(1)) return "just now";
  return base::format_duration(passed) + " ago";
}

Html time_element(base::WallTime time) {
  const auto rfc3339 = base::format_time(time);  // "2026-11-23T20:15:00Z"
  auto readable = rfc3339;
  if (const auto t = readable.find('T'); t != std::string::npos) readable[t] = ' ';
  if (readable.ends_with('Z')) readable.replace(readable.size() - 1, 1, " UTC");
  return html("<time datetime=\""_html, rfc3339, "\">"_html, readable, "</time>"_html);
}

}  // namespace motoko::web
