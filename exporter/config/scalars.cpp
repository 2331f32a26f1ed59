#include "exporter/config/scalars.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "exporter/config/durations.h"
#include "exporter/config/nearest.h"

namespace motoko::config {

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Parsed<std::string> scalar_text(const YamlNode& node, std::string_view example) {
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  const std::string_view found = node.kind == YamlNode::Kind::sequence ? "a list" : "a map";
  return refusal(fmt::format("must be one value, such as {}, not {}", example, found));
}

Parsed<std::string> scalar_line(const YamlNode& node, std::string_view example) {
  auto text = scalar_text(node, example);
  if (text && has_control_characters(*text))
    return refusal(in_quotes(*text) + " has control characters, such as a line end; write one line without them");
  return text;
}

Parsed<bool> scalar_bool(const YamlNode& node) {
  const auto text = scalar_text(node, "true");
  if (!text) return refusal(text.error());
  if (node.plain && *text == "true") return true;
  if (node.plain && *text == "false") return false;
  if (*text == "true" || *text == "false")
    return refusal(fmt::format("{} is in quotes, which makes it text; write {} without them", in_quotes(*text), *text));
  return refusal(in_quotes(*text) + " is not accepted; write true or false");
}

Parsed<unsigned> scalar_count(const YamlNode& node) {
  const auto text = scalar_text(node, "3");
  if (!text) return refusal(text.error());
  unsigned count = 0;
  const char* const end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, count);
  if (!node.plain || parsed.ec != std::errc() || parsed.ptr != end || count < 1)
    return refusal(in_quotes(*text) + (node.plain ? "" : " (in quotes)") +
                   " is not a whole number from 1 on; write for example 3");
  return count;
}

Parsed<std::chrono::milliseconds> scalar_duration(const YamlNode& node, const DurationBounds& bounds) {
  const auto text = scalar_text(node, duration_text(std::max(bounds.min, bounds.step)));
  if (!text) return refusal(text.error());
  const auto duration = parse_duration(*text);
  if (!duration) return duration;
  const auto range = fmt::format("{} to {}", duration_text(bounds.min), duration_text(bounds.max));
  if (*duration < bounds.min) return refusal(fmt::format("{} is too short; write {}", in_quotes(*text), range));
  if (*duration > bounds.max) return refusal(fmt::format("{} is too long; write {}", in_quotes(*text), range));
  if (*duration % bounds.step != std::chrono::milliseconds::zero())
    return refusal(in_quotes(*text) + " has a fraction of a second; write whole seconds");
  return duration;
}

std::string explain_choice(const YamlNode& node, const std::vector<std::string_view>& words) {
  const std::string list = fmt::format("{}", fmt::join(words, ", "));
  const bool has_on = std::find(words.begin(), words.end(), "on") != words.end();
  const bool has_off = std::find(words.begin(), words.end(), "off") != words.end();
  if ((node.text == "true" && has_on) || (node.text == "false" && has_off))
    return fmt::format(
        "{} is what some YAML tools make of {}; write one of {}, in quotes if such a tool wrote this file",
        in_quotes(node.text), node.text == "true" ? "on" : "off", list);
  const auto meant = nearest(node.text, words);
  return fmt::format("{} is none of {}{}", in_quotes(node.text), list,
                     meant ? fmt::format("; did you mean {}?", *meant) : "; write one of these");
}

}  // namespace motoko::config
