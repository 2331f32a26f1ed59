#include "exporter/web/message.h"

#include <gtest/gtest.h>

namespace motoko::web {
namespace {

TEST(Request, FindsHeadersInAnyCase) {
  Request request;
  request.headers = {{"accept-ENCODING", "gzip"}, {"X-Twice", "first"}, {"x-twice", "second"}};
  EXPECT_EQ(request.header("Accept-Encoding"), "gzip");
  EXPECT_EQ(request.header("X-Twice"), "first");
  EXPECT_EQ(request.header("Accept"), std::nullopt);
}

TEST(ListElements, AreTakenOffOneByOne) {
  std::string_view list = " a ,b;q=0 ,, c";
  EXPECT_EQ(next_list_element(list), "a");
  EXPECT_EQ(next_list_element(list), "b;q=0");
  EXPECT_EQ(next_list_element(list), "");
  EXPECT_EQ(next_list_element(list), "c");
  EXPECT_TRUE(list.empty());
}

TEST(Responses, CarryTheirContentType) {
  EXPECT_EQ(*text_response(404, "not found").body, "not found\n");
  EXPECT_EQ(text_response(404, "not found").status, 404);
  EXPECT_EQ(html_response("<p>").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(json_response(202, "{}").content_type, "application/json");
}

}  // namespace
}  // namespace motoko::web
