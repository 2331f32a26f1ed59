#include "exporter/observation/superblock.h"

namespace motoko::observation {

SuperblockFlags parse_superblock_flags(std::string_view options) {
  SuperblockFlags flags;
  while (!options.empty()) {
    const auto end = options.find_first_of(",\n");
    const auto option = options.substr(0, end);
    if (option == "ro") flags.read_only = true;
    if (option == "emergency_ro") flags.emergency_ro = true;
    if (option == "shutdown") flags.shutdown = true;
    if (end == std::string_view::npos) break;
    options.remove_prefix(end + 1);
  }
  return flags;
}

}  // namespace motoko::observation
