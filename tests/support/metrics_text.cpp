#include "tests/support/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace motoko::testing {
namespace {

[[noreturn]] void bad(std::string_view line, std::string_view why) {
  throw std::runtime_error(fmt::format("metrics text: {}: {}", why, line));
}

std::string_view take_until(std::string_view& text, std::string_view stops) {
  const auto taken = text.substr(0, text.find_first_of(stops));
  text.remove_prefix(taken.size());
  return taken;
}

/// A label value up to its closing quote; \\, \" and \n are the only escapes.
std::string take_quoted(std::string_view& text, std::string_view line) {
  if (!text.starts_with('"')) bad(line, "label value without quote");
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\') {
      if (++i == text.size()) break;
      if (text[i] != '\\' && text[i] != '"' && text[i] != 'n') bad(line, "unknown escape");
      value += text[i] == 'n' ? '\n' : text[i];
    } else {
      value += text[i];
    }
  }
  bad(line, "label value without end");
}

Sample parse_sample(std::string_view line) {
  Sample sample;
  auto rest = line;
  sample.name = std::string(take_until(rest, "{ "));
  if (sample.name.empty()) bad(line, "no name");
  if (rest.starts_with('{')) {
    rest.remove_prefix(1);
    while (!rest.starts_with('}')) {
      const std::string label(take_until(rest, "="));
      if (label.empty() || rest.empty()) bad(line, "no label name");
      rest.remove_prefix(1);
      if (!sample.labels.emplace(label, take_quoted(rest, line)).second) bad(line, "label twice");
      if (rest.starts_with(',')) rest.remove_prefix(1);
    }
    rest.remove_prefix(1);
  }
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const std::string number(rest);
  char* end = nullptr;
  sample.value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0') bad(line, "no value");
  return sample;
}

bool includes(const Labels& all, const Labels& some) {
  return std::all_of(some.begin(), some.end(), [&](const auto& label) {
    const auto found = all.find(label.first);
    return found != all.end() && found->second == label.second;
  });
}

bool belongs(const std::string& sample_name, const std::string& family, const std::string& type) {
  if (sample_name == family) return true;
  if (type != "histogram" && type != "summary") return false;
  return sample_name == family + "_sum" || sample_name == family + "_count" ||
         (type == "histogram" && sample_name == family + "_bucket");
}

}  // namespace

MetricsText::MetricsText(std::string_view text) {
  if (!text.empty() && !text.ends_with('\n')) bad(text.substr(text.rfind('\n') + 1), "last line has no end");
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    if (!line.empty()) add_line(line);
  }
}

void MetricsText::add_line(std::string_view line) {
  for (const bool help : {true, false}) {
    const std::string_view keyword = help ? "# HELP " : "# TYPE ";
    if (!line.starts_with(keyword)) continue;
    auto rest = line.substr(keyword.size());
    const std::string name(take_until(rest, " "));
    if (name != current_ && families_.contains(name)) bad(line, "family in two places");
    auto& family = families_[name];
    auto& field = help ? family.help : family.type;
    if (!field.empty()) bad(line, "described twice");
    if (!family.samples.empty()) bad(line, "described after its samples");
    if (rest.size() < 2) bad(line, "describes nothing");
    field = std::string(rest.substr(1));
    current_ = name;
    return;
  }
  if (line.starts_with('#')) return;
  auto sample = parse_sample(line);
  if (!families_.contains(current_) || !belongs(sample.name, current_, families_[current_].type)) {
    bad(line, "outside its family's block");
  }
  if (!seen_.emplace(sample.name, sample.labels).second) bad(line, "series twice");
  families_[current_].samples.push_back(std::move(sample));
}

std::optional<double> MetricsText::value(const std::string& name, const Labels& labels) const {
  for (const auto& sample : samples(name, labels)) {
    if (sample.labels == labels) return sample.value;
  }
  return std::nullopt;
}

std::vector<Sample> MetricsText::samples(const std::string& name, const Labels& labels) const {
  std::vector<Sample> found;
  for (const auto& [family_name, family] : families_) {
    for (const auto& sample : family.samples) {
      if (sample.name == name && includes(sample.labels, labels)) found.push_back(sample);
    }
  }
  return found;
}

std::string MetricsText::lines(std::string_view prefix) const {
  std::string text;
  for (const auto& [name, family] : families_) {
    if (!name.starts_with(prefix)) continue;
    for (const auto& sample : family.samples) {
      std::string labels;
      for (const auto& [label, value] : sample.labels)
        labels += fmt::format("{}{}=\"{}\"", labels.empty() ? "" : ",", label, value);
      text += fmt::format("  {}{{{}}} {}\n", sample.name, labels, sample.value);
    }
  }
  return text;
}

}  // namespace motoko::testing
