#include "exporter/config/paths.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporter/config/error_list.h"
#include "exporter/config/scalars.h"

namespace motoko::config {

Parsed<std::string> parse_absolute_path(std::string_view text) {
  if (text.empty()) return refusal("is empty; write an absolute path, one that begins with /");
  if (text.front() != '/') return refusal(in_quotes(text) + " is not an absolute path; write one that begins with /");
  if (has_control_characters(text))
    return refusal(in_quotes(text) + " has control characters, such as a line end; write one line without them");
  return std::string(text);
}

Parsed<std::string> parse_mount_path(std::string_view text) {
  auto absolute = parse_absolute_path(text);
  if (!absolute) return absolute;
  std::string path;
  for (std::string_view rest = text; !rest.empty();) {
    rest.remove_prefix(1);  // the slash
    const std::string_view name = rest.substr(0, std::min(rest.find('/'), rest.size()));
    rest.remove_prefix(name.size());
    if (name == "..") return refusal(in_quotes(text) + " contains \"..\"; write the mountpoint as fstab names it");
    if (!name.empty() && name != ".") path.append("/").append(name);
  }
  if (path.empty())
    return refusal("\"/\" cannot be guarded, because a fix unmounts; name the mountpoints of data disks");
  return path;
}

}  // namespace motoko::config
