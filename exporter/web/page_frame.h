// What the pages have in common: document, head, style and width.
#pragma once

#include "exporter/web/html.h"

namespace motoko::web {

struct PageFrame {
  std::string title;
  bool refreshes = false;  // every 15 s
  Markup icon_color;       // of the browser's tab, percent-encoded: "%23188038"_html
  Html body;
};

/// The whole document.
[[nodiscard]] std::string render(const PageFrame& frame);

}  // namespace motoko::web
