// The colours of the pages are readable (WCAG 2.1, 1.4.3: contrast of 4.5 to 1) by light and by dark.
#include "exporter/web/page_style.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <string>

namespace motoko::web {
namespace {

using Colors = std::map<std::string, std::string>;

/// The custom properties of the first rule after `from`: "--ink:#1b1f24;".
Colors colors_after(std::string_view css, std::string_view from) {
  Colors colors;
  auto at = css.find(":root{", css.find(from));
  const auto end = css.find('}', at);
  while ((at = css.find("--", at)) < end) {
    const auto colon = css.find(':', at);
    const auto stop = css.find_first_of(";}", colon);
    colors[std::string(css.substr(at + 2, colon - at - 2))] = std::string(css.substr(colon + 1, stop - colon - 1));
    at = stop;
  }
  return colors;
}

double luminance(std::string hex) {
  hex.erase(0, 1);
  if (hex.size() == 3) hex = {hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]};
  const auto channel = [&](std::size_t i) {
    const double value = std::stoi(hex.substr(i, 2), nullptr, 16) / 255.0;
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4);
}

double contrast(const std::string& one, const std::string& other) {
  const double a = luminance(one);
  const double b = luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

TEST(PageStyle, IsReadableByLightAndByDark) {
  const auto css = kPageStyle.text();
  for (const auto& colors : {colors_after(css, ":root"), colors_after(css, "prefers-color-scheme:dark")}) {
    ASSERT_EQ(colors.size(), 19U);
    const auto check = [&](const std::string& ink, const std::string& ground) {
      EXPECT_GE(contrast(colors.at(ink), colors.at(ground)), 4.5) << ink << " on " << ground;
    };
    for (const auto* ink : {"ink", "soft", "link"})
      for (const auto* ground : {"bg", "card"}) check(ink, ground);
    check("ink", "code");
    for (const std::string level : {"ok", "warning", "critical", "unknown"}) {
      check(level, level + "-bg");
      check(level, "card");
      check("ink", level + "-bg");
      EXPECT_GE(contrast(colors.at(level + "-bar"), colors.at("code")), level == "warning" ? 2.2 : 2.5);
    }
  }
  EXPECT_NE(colors_after(css, ":root"), colors_after(css, "prefers-color-scheme:dark"));
}

}  // namespace
}  // namespace motoko::web
