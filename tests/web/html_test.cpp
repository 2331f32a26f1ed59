#include "exporter/web/html.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace motoko::web {
namespace {

TEST(EscapeHtml, LeavesNothingThatIsMarkup) {
  EXPECT_EQ(escape_html("<script>alert(\"1\" & '2')</script>"),
            "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
  EXPECT_EQ(escape_html("&lt;"), "&amp;lt;");
}

TEST(EscapeHtml, ReplacesInvalidUtf8AndControlCharacters) {
  EXPECT_EQ(escape_html("a\xff"
                        "b\xc3"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
  EXPECT_EQ(escape_html(std::string_view("a\0b\x1b[31m\x7f\n\t", 11)),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd[31m\xef\xbf\xbd\n\t");
  EXPECT_EQ(escape_html("\xe2\x80\xae"
                        "gnp.exe"),
            "\xef\xbf\xbdgnp.exe")
      << "U+202E would turn the name around";
  EXPECT_EQ(escape_html("\xe2\x81\xa6x"), "\xef\xbf\xbdx");
}

TEST(EscapeHtml, LeavesOtherTextAlone) {
  EXPECT_EQ(escape_html("/Müller’s Mac 光 \xf0\x9f\x92\xbe"), "/Müller’s Mac 光 \xf0\x9f\x92\xbe");
}

TEST(Html, EscapesTextAndKeepsMarkup) {
  const std::string path = "/a<b>";
  const std::string_view view = "\"quoted\"";
  EXPECT_EQ(html("<p title=\""_html, view, "\">"_html, path, 42, " < "_html, "</p>"_html).text(),
            "<p title=\"&quot;quoted&quot;\">/a&lt;b&gt;42 < </p>");
  EXPECT_EQ(html("plain <literal>").text(), "plain &lt;literal&gt;") << "only ..._html is markup";
  EXPECT_EQ(html(html("<b>"_html), html("<")).text(), "<b>&lt;") << "Html is not escaped twice";
}

TEST(Html, CannotBeMadeFromTextAtRunTime) {
  EXPECT_FALSE((std::is_constructible_v<Markup, std::string>));
  EXPECT_FALSE((std::is_constructible_v<Html, std::string>));
  EXPECT_FALSE((std::is_convertible_v<const char*, Markup>));
}

}  // namespace
}  // namespace motoko::web
