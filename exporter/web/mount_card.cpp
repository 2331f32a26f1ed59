#include "exporter/web/mount_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporter/base/text.h"
#include "exporter/web/finding_words.h"
#include "exporter/web/level.h"

namespace motoko::web {
namespace {

Html fact(Markup name, const Html& value) {
  return html("<div><dt>"_html, name, "</dt><dd>"_html, value, "</dd></div>"_html);
}

Html code_fact(Markup name, std::string_view value) {
  return value.empty() ? Html() : fact(name, html("<code>"_html, value, "</code>"_html));
}

Html text_fact(Markup name, std::string_view value) {
  return value.empty() ? Html() : fact(name, html(value));
}

Html probes_fact(const std::vector<ProbeView>& probes) {
  Html lines;
  for (const auto& probe : probes) {
    lines.add("<div>"_html, probe.name, ": "_html);
    if (!probe.success) {
      lines.add(probe.detail.empty() ? "not known" : std::string_view(probe.detail), "</div>"_html);
      continue;
    }
    if (*probe.success)
      lines.add("answered"_html);
    else
      lines.add("<span class=\"tone critical\">failed</span>"_html);
    if (probe.duration) lines.add(" after "_html, fmt::format("{:.1f} ms", probe.duration->count() * 1e3));
    if (!probe.detail.empty()) lines.add(", "_html, probe.detail);
    lines.add("</div>"_html);
  }
  return lines.empty() ? lines : fact("Probes"_html, lines);
}

/// "1 error", "2 errors".
std::string counted(std::uint64_t count, std::string_view singular) {
  return fmt::format("{} {}{}", count, singular, count == 1 ? "" : "s");
}

Html errors_fact(const MountView& mount, base::WallTime now) {
  Html lines;
  if (mount.recent_kernel_errors == 0U && mount.ext4 == Ext4View{0, 0, std::nullopt})
    return fact("Errors"_html, html("none lately, none recorded"_html));
  if (mount.recent_kernel_errors)
    lines.add("<div>"_html, counted(*mount.recent_kernel_errors, "kernel message"), " of trouble lately</div>"_html);
  if (mount.ext4) {
    lines.add("<div>ext4: "_html, counted(mount.ext4->errors, "error"), " since fsck"_html);
    if (mount.ext4->warnings) lines.add(", "_html, counted(*mount.ext4->warnings, "warning"), " since mounting"_html);
    if (mount.ext4->last_error) lines.add(", the last error "_html, age(*mount.ext4->last_error, now));
    lines.add("</div>"_html);
  }
  return lines.empty() ? lines : fact("Errors"_html, lines);
}

Html device_fact(const MountView& mount) {
  if (mount.device.empty() && mount.fs_type.empty()) return {};
  Html value;
  if (!mount.device.empty()) value.add("<code>"_html, mount.device, "</code> "_html);
  if (!mount.fs_type.empty()) value.add("("_html, mount.fs_type, ")"_html);
  return fact("Mounted device"_html, value);
}

Html disk_fact(const MountView& mount) {
  if (mount.disk_model.empty() && mount.disk_serial.empty()) return {};
  Html value = html(mount.disk_model);
  if (!mount.disk_serial.empty()) value.add(mount.disk_model.empty() ? "" : ", ", "serial "_html, mount.disk_serial);
  return fact("Disk"_html, value);
}

Html guard_fact(const MountView& mount) {
  if (!mount.guarded) return {};
  return fact("Bare directory"_html, *mount.guarded ? html("guarded: nothing can be written under the mount"_html)
                                                    : html("not guarded; <code>motokoctl guard</code> does it"_html));
}

Html facts(const MountView& mount, base::WallTime now) {
  // fstab's name mostly is the UUID: once is enough.
  const bool uuid_is_told = mount.expected_device.find(mount.uuid) != std::string::npos;
  const auto list = html(device_fact(mount), code_fact("Expected by fstab"_html, mount.expected_device),
                         uuid_is_told ? Html() : code_fact("UUID"_html, mount.uuid), disk_fact(mount),
                         text_fact("Which disk this is"_html, mount.which_disk), probes_fact(mount.probes),
                         errors_fact(mount, now), guard_fact(mount));
  return list.empty() ? list : html("<dl class=\"facts\">"_html, list, "</dl>\n"_html);
}

Html space_bar(const SpaceView& space) {
  if (space.size_bytes == 0) return {};
  const auto percent = [&](std::uint64_t bytes) {
    return 100.0 * static_cast<double>(std::min(bytes, space.size_bytes)) / static_cast<double>(space.size_bytes);
  };
  const double available = percent(space.available_bytes);
  const double least = percent(space.min_available_bytes);
  const bool low = space.available_bytes < space.min_available_bytes;
  const auto summary =
      fmt::format("{} of {} free ({:.1f}%), at least {} wanted", base::format_bytes(space.available_bytes),
                  base::format_bytes(space.size_bytes), available, base::format_bytes(space.min_available_bytes));
  return html("<div class=\"space "_html, css_class(low ? Level::warning : Level::ok),
              "\"><div class=\"track\" role=\"img\" aria-label=\""_html, summary, "\"><i style=\"width:"_html,
              fmt::format("{:.2f}", 100 - available), "%\"></i><b style=\"left:"_html,
              fmt::format("{:.2f}", 100 - least), "%\"></b></div><p><strong>"_html,
              base::format_bytes(space.available_bytes), " free</strong> of "_html,
              base::format_bytes(space.size_bytes), ", "_html, fmt::format("{:.1f}%", available),
              ". The mark is where "_html, base::format_bytes(space.min_available_bytes), " are left"_html,
              low ? ": already past." : ".", "</p></div>\n"_html);
}

Html layer_list(const std::vector<LayerView>& layers) {
  const bool any_dead = std::any_of(layers.begin(), layers.end(), [](const LayerView& layer) { return layer.dead; });
  if (layers.size() < 2 && !any_dead) return {};
  Html list = html("<h4>Layers of the stack, the reachable one first</h4>\n<ol class=\"layers\">"_html);
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    list.add("<li><code>"_html, layer->device, "</code>"_html);
    if (layer->dead)
      list.add("<span class=\"tone critical\">dead"_html, layer->reason.empty() ? "" : ": ", layer->reason,
               "</span>"_html);
    else
      list.add("<span class=\"tone ok\">alive</span>"_html);
    list.add("<code>"_html, layer->options, "</code></li>"_html);
  }
  return list.add("</ol>\n"_html);
}

}  // namespace

std::string_view worst_code(const std::vector<FindingView>& findings) {
  for (const auto& words : kFindingWords)
    for (const auto& finding : findings)
      if (finding.code == words.code) return words.code;
  return {};
}

std::string_view state_in_words(const MountView& mount) {
  if (const auto* words = find_words(worst_code(mount.findings))) return words->sentence;
  switch (mount.level) {
    case Level::ok:
      return "Mounted from the right device, and it answers.";
    case Level::warning:
    case Level::critical:
      return "Something is wrong with it.";
    case Level::unknown:
      return "Not everything could be read, so nobody knows.";
  }
  return "";
}

Html mount_card(const MountView& mount, base::WallTime now) {
  return html("<section class=\"card "_html, css_class(mount.level), "\">\n<div class=\"head\"><h3>"_html, mount.path,
              "</h3>"_html, badge(mount.level), "</div>\n<p class=\"state\">"_html, state_in_words(mount),
              mount.time_machine ? " Time Machine backs up to it." : "", "</p>\n"_html, finding_list(mount.findings),
              mount.space ? space_bar(*mount.space) : Html(), facts(mount, now), layer_list(mount.layers),
              "</section>\n"_html);
}

}  // namespace motoko::web
