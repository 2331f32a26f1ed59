// Walks one map of the file: hands out its keys, remembers which are known here, and reports what is left over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/config/error_list.h"
#include "exporter/config/parsed.h"
#include "exporter/config/yaml_document.h"

namespace motoko::config {

class MapReader {
 public:
  /// `map` is of kind map and outlives the reader, as `errors` does. `place` is its path from the root
  /// ("samba.commands"), empty for the root itself.
  MapReader(const YamlNode& map, std::string place, ErrorList& errors);

  /// The value of `key`, which is known here from now on. nullptr: absent, or without a usable value, which is
  /// reported.
  [[nodiscard]] const YamlNode* find(std::string_view key);

  /// Whether the file has the key, with whatever value.
  [[nodiscard]] bool has(std::string_view key) const;

  /// Puts the parsed value of `key` into `target`. Absent: leaves `target` alone. Faulty: reports it, leaves `target`
  /// alone and returns false. `parse` makes a Parsed<T> of a YamlNode.
  template <typename T, typename Parse>
  bool read(std::string_view key, T& target, const Parse& parse) {
    const YamlNode* node = find(key);
    return node == nullptr ? !has(key) : read_value(*node, target, parse);
  }

  /// The same for a value of this map that is at hand, where the keys are the user's own.
  template <typename T, typename Parse>
  bool read_value(const YamlNode& node, T& target, const Parse& parse) {
    if (!check_usable(node)) return false;
    auto value = parse(node);
    if (!value) {
      report(node, value.error());
      return false;
    }
    target = *std::move(value);
    return true;
  }

  /// The map under `key`. None: absent, or no map, which is reported with `example`, a line that would do.
  [[nodiscard]] std::optional<MapReader> section(std::string_view key, std::string_view example);

  /// Reports each key that nobody asked for. Call it last.
  void report_unknown_keys();

  /// Reports `problem` of the value `node`, whose key stands in this map.
  void report(const YamlNode& node, std::string_view problem);

  /// The same for a `key` that is missing, which is reported where this map begins.
  void report_missing(std::string_view key, std::string_view problem);

  /// The same for what stands on `line`.
  void report_at(int line, std::string_view key, std::string_view problem);

  /// "samba.commands.start"
  [[nodiscard]] std::string place_of(std::string_view key) const;

  [[nodiscard]] const YamlNode& map() const { return map_; }

 private:
  /// False: there is no value in it, which is reported.
  bool check_usable(const YamlNode& node);

  const YamlNode& map_;
  std::string place_;
  ErrorList& errors_;
  std::vector<std::string_view> known_;
};

}  // namespace motoko::config
