#include "exporter/web/page_frame.h"

#include "exporter/web/page_style.h"

namespace motoko::web {

std::string render(const PageFrame& frame) {
  Html page;
  page.add(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"_html);
  if (frame.refreshes) page.add("<meta http-equiv=\"refresh\" content=\"15\">\n"_html);
  page.add("<title>"_html, frame.title, "</title>\n"_html);
  page.add(
      "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
      "%3Ccircle cx='8' cy='8' r='7' fill='"_html,
      frame.icon_color, "'/%3E%3C/svg%3E\">\n<style>"_html, kPageStyle, "</style>\n</head>\n<body>\n"_html, frame.body,
      "</body>\n</html>\n"_html);
  return std::move(page).text();
}

}  // namespace motoko::web
