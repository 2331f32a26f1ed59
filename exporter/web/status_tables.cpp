#include "exporter/web/status_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "exporter/base/text.h"
#include "exporter/web/level.h"

namespace motoko::web {
namespace {

constexpr std::size_t kMaxKernelEvents = 50;

struct Column {
  Markup name;
  Markup css;
};

struct Cell {
  Column column;
  Html content;
};

// On a phone rows become blocks, which takes the table's meaning from assistive technology; the roles give it back.
Html row(std::initializer_list<Cell> cells) {
  Html made = html("<tr role=\"row\">"_html);
  for (const auto& cell : cells)
    made.add("<td role=\"cell\" data-label=\""_html, cell.column.name, "\"><span class=\""_html, cell.column.css,
             "\">"_html, cell.content, "</span></td>"_html);
  return made.add("</tr>\n"_html);
}

Html table(Markup title, std::initializer_list<Column> columns, const Html& rows) {
  Html head;
  for (const auto& column : columns)
    head.add("<th role=\"columnheader\" scope=\"col\">"_html, column.name, "</th>"_html);
  return html("<section>\n<h2>"_html, title,
              "</h2>\n<div class=\"card\"><table role=\"table\"><thead><tr role=\"row\">"_html, head,
              "</tr></thead>\n<tbody>\n"_html, rows, "</tbody></table></div>\n</section>\n"_html);
}

std::string_view yes_no(const std::optional<bool>& answer) {
  if (!answer) return "not known";
  return *answer ? "yes" : "no";
}

}  // namespace

Html samba_section(const StatusPage& page) {
  if (!page.samba) return {};
  const auto& samba = *page.samba;
  Html state;
  if (samba.running == true && samba.responding == true)
    state.add("The main process runs and answers an SMB handshake."_html);
  else
    state.add("Main process runs: "_html, yes_no(samba.running), ". Answers an SMB handshake: "_html,
              yes_no(samba.responding), "."_html);
  Html card = html("<section>\n<h2>Samba</h2>\n<div class=\"card "_html, css_class(samba.level),
                   "\">\n<div class=\"head\"><h3>smbd</h3>"_html, badge(samba.level),
                   "</div>\n<p class=\"state\">"_html, state, "</p>\n"_html);
  if (!samba.detail.empty() && samba.findings.empty())
    card.add("<p class=\"state\">"_html, samba.detail, "</p>\n"_html);
  return card.add(finding_list(samba.findings), "</div>\n</section>\n"_html);
}

Html backups_section(const StatusPage& page) {
  if (page.backups.empty()) return {};
  constexpr Column kBundle{"Bundle"_html, "wrap"_html};
  constexpr Column kWhere{"On"_html, "word"_html};
  constexpr Column kLast{"Last completed"_html, "num"_html};
  constexpr Column kAge{"Age"_html, "num"_html};
  Html rows;
  for (const auto& backup : page.backups) {
    Html last = html(backup.note.empty() ? std::string_view("not known") : backup.note);
    Html how_old = html("&ndash;"_html);
    if (backup.last_completed) {
      last = time_element(*backup.last_completed);
      how_old = html(age(*backup.last_completed, page.now));
    }
    if (backup.overdue) how_old.add(" "_html, "<span class=\"tone warning\">overdue</span>"_html);
    rows.add(row({{kBundle, html(backup.bundle)}, {kWhere, html(backup.mountpoint)}, {kLast, last}, {kAge, how_old}}));
  }
  return table("Time Machine backups"_html, {kBundle, kWhere, kLast, kAge}, rows);
}

Html kernel_events_section(const StatusPage& page) {
  if (page.kernel_events.empty()) return {};
  constexpr Column kTime{"When"_html, "num time"_html};
  constexpr Column kDevice{"Device"_html, "word"_html};
  constexpr Column kKind{"Kind"_html, "word"_html};
  constexpr Column kCount{"Count"_html, "num"_html};
  constexpr Column kText{"Message"_html, "raw"_html};
  Html rows;
  const auto shown = std::min(page.kernel_events.size(), kMaxKernelEvents);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& event = page.kernel_events[i];
    const auto time = base::format_time(event.time);
    rows.add(row({{kTime, html("<time datetime=\""_html, time, "\" title=\""_html, time, "\">"_html,
                               age(event.time, page.now), "</time>"_html)},
                  {kDevice, html(event.device)},
                  {kKind, html(event.kind)},
                  {kCount, html(event.count)},
                  {kText, html(event.text)}}));
  }
  return table("What the kernel said lately"_html, {kTime, kDevice, kKind, kCount, kText}, rows);
}

Html collectors_section(const StatusPage& page) {
  Html rows;
  constexpr Column kName{"Collector"_html, "word"_html};
  constexpr Column kTook{"Took"_html, "num"_html};
  constexpr Column kError{"Error"_html, "raw"_html};
  for (const auto& collector : page.collectors)
    if (!collector.error.empty())
      rows.add(row({{kName, html(collector.name)},
                    {kTook, html(fmt::format("{:.1f} ms", collector.duration.count() * 1e3))},
                    {kError, html(collector.error)}}));
  if (rows.empty()) return {};
  return table("What could not be read"_html, {kName, kTook, kError}, rows);
}

}  // namespace motoko::web
