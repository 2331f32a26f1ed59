#include "exporter/config/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

#include "exporter/config/yaml_syntax.h"

namespace motoko::config {
namespace {

/// Builds the tree of the first document from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const LineIndex& lines, ErrorList& errors)
      : text_(text), lines_(lines), errors_(errors) {}

  [[nodiscard]] std::optional<YamlNode> take_root() { return std::exchange(root_, std::nullopt); }

  /// After a syntax error: the root map's entries that were complete. The last one may have been cut short.
  [[nodiscard]] std::optional<YamlNode> take_complete_entries() {
    if (open_.empty() || open_.front().node.kind != YamlNode::Kind::map) return std::nullopt;
    YamlNode root = std::move(open_.front().node);
    if (open_.size() == 1 && !root.children.empty()) root.children.pop_back();
    return root;
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check_properties(mark, "", anchor);
    YamlNode node;
    node.line = lines_.last_content_before(line(mark), mark.column);
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    errors_.add(line(mark), "aliases (*name) are not supported; write the value out");
    add(node_at(mark, YamlNode::Kind::refused));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_properties(mark, tag, anchor);
    YamlNode node = node_at(mark, YamlNode::Kind::scalar);
    node.text = value;
    node.plain = tag == "?";
    if (!node.plain && !quote_is_closed(text_, position(mark))) {
      errors_.add(node.line,
                  "a quote opened here is not closed; the rest of the file was taken for a part of the text");
      node.kind = YamlNode::Kind::refused;
    }
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_properties(mark, tag, anchor);
    open(mark, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_properties(mark, tag, anchor);
    open(mark, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  /// A list or map that has begun and not ended.
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;             // of a map: given, its value still to come
    std::map<std::string, int> key_lines{};  // of a map: where each key was first given
  };

  static int line(const YAML::Mark& mark) { return mark.line + 1; }
  static std::size_t position(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.pos); }

  static YamlNode node_at(const YAML::Mark& mark, YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.line = line(mark);
    return node;
  }

  void check_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) errors_.add(line(mark), "anchors (&name) are not supported; remove it");
    // "?" is yaml-cpp's word for a plain value, "!" for one in quotes.
    if (!tag.empty() && tag != "?" && tag != "!")
      errors_.add(line(mark), fmt::format("the tag {} is not supported; remove it", in_quotes(tag)));
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (open_.size() >= kMaxYamlDepth) throw YAML::ParserException(mark, "nested deeper than any setting is");
    open_.push_back({node_at(mark, kind), std::nullopt, {}});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence) {
      parent.node.children.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      const YamlNode key = *std::exchange(parent.key, std::nullopt);
      add_entry(parent, key, std::move(node));
    }
  }

  void add_entry(Open& map, const YamlNode& key, YamlNode value) {
    if (key.kind == YamlNode::Kind::refused) return;
    if (key.kind != YamlNode::Kind::scalar) {
      errors_.add(key.line, "a key must be a word, such as fstab");
      return;
    }
    const auto [first, is_new] = map.key_lines.try_emplace(key.text, key.line);
    if (!is_new) {
      errors_.add(key.line, fmt::format("duplicate key {}: first given on line {}; keep one of the two",
                                        in_quotes(place() + key.text), first->second));
      return;
    }
    value.key = key.text;
    value.key_line = key.line;
    map.node.children.push_back(std::move(value));
  }

  /// "samba.commands." within that map; empty at the root.
  [[nodiscard]] std::string place() const {
    std::string place;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      if (open_[i].key)
        place += (place.empty() ? "" : ".") + open_[i].key->text;
      else
        place += fmt::format("[{}]", open_[i].node.children.size());
    }
    return place.empty() ? place : place + ".";
  }

  std::string_view text_;
  const LineIndex& lines_;
  ErrorList& errors_;
  std::vector<Open> open_;
  std::optional<YamlNode> root_;
};

/// Says where a further document begins, and that it is too much.
class FurtherDocument : public YAML::EventHandler {
 public:
  FurtherDocument(const LineIndex& lines, ErrorList& errors) : lines_(lines), errors_(errors) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(reported_, true)) return;
    const int line = mark.line + 1;
    const bool marked = lines_.line(line).substr(0, 3) == "---";
    errors_.add(line, marked ? "a second YAML document begins here; the configuration is one document, so remove this "
                               "line or what follows it"
                             : "this line starts further left than the first one, which ends the YAML document; start "
                               "all sections in one column");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  const LineIndex& lines_;
  ErrorList& errors_;
  bool reported_ = false;
};

}  // namespace

std::optional<YamlNode> read_yaml(std::string_view text, ErrorList& errors) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  if (!check_characters(text, errors)) return std::nullopt;

  std::istringstream stream{std::string(text)};
  const LineIndex lines(text);
  TreeBuilder builder(text, lines, errors);
  std::optional<YamlNode> root;
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return std::nullopt;
    root = builder.take_root();
    FurtherDocument further(lines, errors);
    (void)parser.HandleNextDocument(further);
    return root;
  } catch (const YAML::Exception& error) {
    const int line = std::max(1, error.mark.line + 1);
    errors.add(line, explain_syntax(error.msg, lines.line(line)) +
                         " (YAML syntax error; this section and what follows were not checked)");
    return root ? root : builder.take_complete_entries();
  }
}

}  // namespace motoko::config
