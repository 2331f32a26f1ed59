#include "exporter/web/message.h"

#include <algorithm>

namespace motoko::web {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view next_list_element(std::string_view& list) {
  const auto comma = list.find(',');
  const auto element = trim(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return element;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const HeaderField& field) { return equal_ignoring_case(field.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.body = std::make_shared<const std::string>(std::string(text) + '\n');
  return response;
}

Response html_response(std::string html) {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::make_shared<const std::string>(std::move(html));
  return response;
}

Response json_response(int status, std::string json) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::make_shared<const std::string>(std::move(json));
  return response;
}

}  // namespace motoko::web
