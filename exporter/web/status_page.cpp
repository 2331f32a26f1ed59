#include "exporter/web/status_page.h"

#include <algorithm>

#include "exporter/web/level.h"
#include "exporter/web/mount_card.h"
#include "exporter/web/page_frame.h"
#include "exporter/web/status_tables.h"

namespace motoko::web {
namespace {

/// The paths of the mounts of that level, ", " between them.
std::string paths_of(const StatusPage& page, Level level) {
  std::string paths;
  for (const auto& mount : page.mounts)
    if (mount.level == level) paths += (paths.empty() ? "" : ", ") + mount.path;
  return paths;
}

std::string critical_verdict(const StatusPage& page) {
  const auto paths = paths_of(page, Level::critical);
  if (paths.empty()) {
    const bool samba = page.samba && page.samba->level == Level::critical;
    return samba ? "Samba is down: no client reaches the shares" : "Something is seriously wrong";
  }
  const bool backups = std::any_of(page.mounts.begin(), page.mounts.end(), [](const MountView& mount) {
    return mount.level == Level::critical && mount.time_machine;
  });
  return (backups ? "Your backups are at risk: " : "Storage is failing: ") + paths;
}

std::string verdict(const StatusPage& page) {
  switch (page.level) {
    case Level::ok:
      return "All storage is healthy";
    case Level::warning: {
      const auto paths = paths_of(page, Level::warning);
      return paths.empty() ? "Storage works, but something needs a look" : "Storage works, but needs a look: " + paths;
    }
    case Level::critical:
      return critical_verdict(page);
    case Level::unknown:
      return "Not everything could be read: storage may or may not be healthy";
  }
  return "";
}

Html nothing_watched(const StatusPage& page) {
  Html card = html(
      "<section>\n<h2>How to go on</h2>\n<div class=\"card prose\">"
      "<p>Motoko watches every entry of <code>/etc/fstab</code> that names its disk by identity "
      "(<code>UUID=</code>, <code>LABEL=</code>, <code>PARTUUID=</code> or <code>PARTLABEL=</code>), except the "
      "system's own. "
      "It found none. Either write the entry so:</p>\n"
      "<pre><code>lsblk -o NAME,FSTYPE,UUID,MODEL,SERIAL\n"
      "# /etc/fstab\nUUID=f54cf57c-e434-45f5-bde3-cc706ffbe849  /time  ext4  defaults,noatime  0 2</code></pre>\n"
      "<p>or name the mounts in the configuration"_html);
  if (!page.config_file.empty()) card.add(" <code>"_html, page.config_file, "</code>"_html);
  return card.add(
      ":</p>\n<pre><code>mounts:\n  - path: /time\n    time_machine: true\n    min_available: 5%</code></pre>\n"
      "<p>Then let it read them: <code>sudo systemctl reload motoko-exporter</code>.</p></div>\n</section>\n"_html);
}

std::vector<FindingView> all_findings(const StatusPage& page) {
  auto findings = page.other_findings;
  if (page.samba) findings.insert(findings.end(), page.samba->findings.begin(), page.samba->findings.end());
  for (const auto& mount : page.mounts) findings.insert(findings.end(), mount.findings.begin(), mount.findings.end());
  return findings;
}

Html banner(const StatusPage& page) {
  const auto seen = html("Seen "_html, age(page.observed, page.now), ", "_html, time_element(page.observed), "."_html);
  if (page.mounts.empty() && page.level == Level::ok)
    return html(
        "<div class=\"banner unknown\"><h1>Nothing is watched yet</h1><p>Motoko runs, but has no mount to look after. "_html,
        seen, "</p></div>\n"_html);
  Html counted;
  if (!page.mounts.empty()) {
    const auto healthy = std::count_if(page.mounts.begin(), page.mounts.end(),
                                       [](const MountView& mount) { return mount.level == Level::ok; });
    counted.add(healthy, " of "_html, page.mounts.size(),
                page.mounts.size() == 1 ? " mount is healthy. " : " mounts are healthy. ");
  }
  Html way_out;
  if (page.level == Level::critical || page.level == Level::warning)
    way_out.add("<p><a href=\""_html, runbook_link(worst_code(all_findings(page))), "\">What to do</a></p>"_html);
  return html("<div class=\"banner "_html, css_class(page.level), "\" role=\"status\"><p class=\"kind\">"_html,
              word_for(page.level), "</p><h1>"_html, verdict(page), "</h1><p>"_html, counted, seen, "</p>"_html,
              way_out, "</div>\n"_html);
}

Html mounts_section(const StatusPage& page) {
  if (page.mounts.empty()) return nothing_watched(page);
  Html section = html("<section>\n<h2>Mounts</h2>\n"_html);
  for (const auto& mount : page.mounts) section.add(mount_card(mount, page.now));
  return section.add("</section>\n"_html);
}

Html other_findings_section(const StatusPage& page) {
  if (page.other_findings.empty()) return {};
  return html("<section>\n<h2>Also found</h2>\n<div class=\"card\">"_html, finding_list(page.other_findings),
              "</div>\n</section>\n"_html);
}

}  // namespace

std::string render(const StatusPage& page) {
  PageFrame frame{.title = std::string(word_for(page.level)) + ": " + page.host + " storage",
                  .refreshes = true,
                  .icon_color = icon_color(page.level),
                  .body = {}};
  frame.body.add("<header class=\"top\"><span><strong>"_html, page.host,
                 "</strong> storage</span><span>renewed every 15 seconds</span></header>\n<main>\n"_html, banner(page),
                 mounts_section(page), other_findings_section(page), samba_section(page), backups_section(page),
                 kernel_events_section(page), collectors_section(page), "</main>\n<footer><span>Motoko "_html,
                 page.version, "</span><a href=\""_html, page.metrics_path,
                 "\">Metrics</a><a href=\"/api/v1/health\">Health as JSON</a>"
                 "<a href=\"/runbook\">Runbook</a></footer>\n"_html);
  return render(frame);
}

}  // namespace motoko::web
