#include "exporter/web/runbook.h"

#include "exporter/web/finding_words.h"
#include "exporter/web/page_frame.h"
#include "exporter/web/runbook_sections.h"

namespace motoko::web {
namespace {

constexpr Markup kPreface = R"html(<section class="card prose">
<h3>Before anything else</h3>
<pre><code>motokoctl check       # what is wrong now
motokoctl plan        # what a fix would do
sudo motokoctl fix    # does it, verifies it, says what is left
motokoctl history     # what was done before</code></pre>
<p>Where that does not help, the sections say how to do it by hand. Their commands use these three; set them first:</p>
<pre><code>M=/time    # the mountpoint the alert names
S=smb      # Samba's unit: smb on Fedora, smbd on Debian
layers() { awk -v m="$M" '$5 == m' /proc/self/mountinfo; }    # the reachable one last</code></pre>
<div class="never"><h4>Never, whatever the alert</h4><ul>
<li>Believe <code>df</code>, <code>statfs</code> or <code>systemctl status</code>: all three call a dead ext4 healthy.</li>
<li>Run <code>e2fsck</code> on a file system that is mounted anywhere.</li>
<li>Mount a file system whose UUID exists on two devices, or mount it twice through two devices: that destroys it.</li>
<li>Write into, or let Samba serve, the bare mountpoint: the data lands on the root disk.</li>
<li>Mount by a name like <code>/dev/sdb1</code>: after a replug the name means another disk, or none.</li>
</ul></div>
</section>
)html"_html;

Html section(const RunbookSection& text) {
  return html("<section class=\"card prose\" id=\""_html, text.alert, "\">\n<h3>"_html, text.alert, "</h3>\n<p>"_html,
              text.headline, "</p>\n<h4>Look at first</h4>\n"_html, text.look, "<h4>Cure by hand</h4>\n"_html,
              text.cure, "<div class=\"never\"><h4>Never</h4><ul>\n"_html, text.never,
              "</ul></div>\n</section>\n"_html);
}

}  // namespace

std::string runbook_page() {
  Html contents;
  Html sections;
  for (const auto part : {storage_sections(), service_sections()}) {
    for (const auto& text : part) {
      contents.add("<li><a href=\"#"_html, text.alert, "\">"_html, text.alert, "</a></li>\n"_html);
      sections.add(section(text));
    }
  }
  PageFrame frame{.title = "Motoko runbook", .refreshes = false, .icon_color = "%230b57b0"_html, .body = {}};
  frame.body.add(
      "<header class=\"top\"><span><a href=\"/\">Status</a></span></header>\n<main>\n<h1>Runbook</h1>\n"
      "<nav aria-label=\"Alerts\"><h2>Alerts</h2>\n<ul class=\"toc\">\n"_html,
      contents, "</ul></nav>\n<h2>In general</h2>\n"_html, kPreface, "<h2>Alert by alert</h2>\n"_html, sections,
      "</main>\n<footer><a href=\"/\">Status</a></footer>\n"_html);
  return render(frame);
}

std::string_view runbook_anchor_for(std::string_view finding_code) {
  const auto* words = find_words(finding_code);
  return words ? words->alert : std::string_view();
}

}  // namespace motoko::web
