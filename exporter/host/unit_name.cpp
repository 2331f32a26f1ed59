#include "exporter/host/unit_name.h"

#include <fmt/format.h>

namespace motoko::host {
namespace {

/// ASCII only, whatever the locale. ':', '_' and '.' stay as they are too.
bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '_' || c == '.';
}

}  // namespace

std::string mount_unit_name(std::string_view mountpoint) {
  std::string name;
  bool slash_pending = false;  // written before the next character, so that none is at the start or the end
  for (const char c : mountpoint) {
    if (c == '/') {
      slash_pending = !name.empty();
      continue;
    }
    if (slash_pending) name += '-';
    slash_pending = false;
    const bool leading_dot = name.empty() && c == '.';
    if (stays(c) && !leading_dot)
      name += c;
    else
      name += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return (name.empty() ? "-" : name) + ".mount";
}

}  // namespace motoko::host
