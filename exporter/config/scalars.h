// Single values: what a YAML node must be, and into which type.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/config/parsed.h"
#include "exporter/config/yaml_document.h"

namespace motoko::config {

[[nodiscard]] bool has_control_characters(std::string_view text);

/// The text of a scalar, in quotes or not. Error: a list or a map. `example` is a value that would do.
[[nodiscard]] Parsed<std::string> scalar_text(const YamlNode& node, std::string_view example);

/// One line of any text. Error: no scalar, or control characters in it.
[[nodiscard]] Parsed<std::string> scalar_line(const YamlNode& node, std::string_view example);

/// `true` or `false`, without quotes; YAML 1.1's `yes`, `no`, `on` and `off` are refused with that hint.
[[nodiscard]] Parsed<bool> scalar_bool(const YamlNode& node);

/// A whole number from 1 on.
[[nodiscard]] Parsed<unsigned> scalar_count(const YamlNode& node);

/// Inclusive bounds of a duration. `step`: what the value must be a multiple of.
struct DurationBounds {
  std::chrono::milliseconds min;
  std::chrono::milliseconds max;
  std::chrono::milliseconds step = std::chrono::seconds(1);
};

/// A duration as durations.h reads it, within its bounds.
[[nodiscard]] Parsed<std::chrono::milliseconds> scalar_duration(const YamlNode& node, const DurationBounds& bounds);

/// A word of the configuration and what it stands for.
template <typename Enum>
struct Choice {
  std::string_view word;
  Enum value;
};

/// What is wrong with `text`, which is none of `words`, and the way out.
[[nodiscard]] std::string explain_choice(const YamlNode& node, const std::vector<std::string_view>& words);

/// One of a few words. `choices` is a container of Choice<Enum>.
template <typename Choices>
[[nodiscard]] auto scalar_choice(const YamlNode& node, const Choices& choices)
    -> Parsed<decltype(choices.front().value)> {
  std::vector<std::string_view> words;
  for (const auto& choice : choices) words.push_back(choice.word);
  const auto text = scalar_text(node, words.front());
  if (!text) return refusal(text.error());
  for (const auto& choice : choices) {
    if (choice.word == *text) return choice.value;
  }
  return refusal(explain_choice(node, words));
}

}  // namespace motoko::config
