// The YAML file as a tree that knows its lines. Stands between yaml-cpp and the typed configuration: yaml-cpp's own
// tree forgets duplicate keys, ignores further documents and expands aliases, which the event handler here refuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/error_list.h"

namespace motoko::config {

inline constexpr std::size_t kMaxConfigBytes = 1 << 20;
inline constexpr std::string_view kTooLarge =
    "is larger than 1 MiB, which no configuration of this program is; is this the right file?";
inline constexpr std::size_t kMaxYamlDepth = 16;  // the deepest the configuration knows is 4

struct YamlNode {
  enum class Kind { null, scalar, sequence, map, refused };  // refused: an error about it was already reported
  Kind kind = Kind::null;
  int line = 0;        // counts from 1
  std::string text;    // of a scalar
  bool plain = false;  // a scalar without quotes, which YAML may take for a number or a boolean
  std::string key;     // of a value in a map
  int key_line = 0;
  std::vector<YamlNode> children;  // items of a sequence, values of a map, in the order of the file
};

/// The root of the file's one document; none: there is nothing in it but comments.
/// Reports into `errors`: not UTF-8, control characters, larger than kMaxConfigBytes, syntax, nesting deeper than
/// kMaxYamlDepth, duplicate keys, keys that are no text, anchors, aliases, tags, a second document. After a syntax
/// error the entries of the root map before the broken one are returned, so that their errors show in the same run.
[[nodiscard]] std::optional<YamlNode> read_yaml(std::string_view text, ErrorList& errors);

}  // namespace motoko::config
