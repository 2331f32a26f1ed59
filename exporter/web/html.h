// HTML that is put together from three kinds of text, kept apart by type: markup (literals of this program), plain text
// (from disks, kernels, people; always escaped) and HTML already made. Plain text cannot slip in unescaped.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>

namespace motoko::web {

/// Markup written in this program: made from literals only, at compile time, as "<p>"_html.
class Markup {
 public:
  consteval Markup(const char* literal, std::size_t size) : text_(literal, size) {}
  [[nodiscard]] constexpr std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

consteval Markup operator""_html(const char* literal, std::size_t size) {
  return {literal, size};
}

/// `text` for use between tags and in quoted attributes: &, <, >, both quotes escaped; bytes that are no UTF-8 and
/// control characters but line end and tab become U+FFFD, and so do those that turn the direction of writing.
[[nodiscard]] std::string escape_html(std::string_view text);

class Html {
 public:
  Html() = default;
  explicit Html(Markup markup) : text_(markup.text()) {}

  /// Appends each in turn: Markup and Html as they are, text escaped, whole numbers in decimal.
  template <typename... Parts>
  Html& add(const Parts&... parts) {
    (append(parts), ...);
    return *this;
  }

  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] const std::string& text() const& { return text_; }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void append(Markup markup) { text_ += markup.text(); }
  void append(const Html& html) { text_ += html.text_; }
  void append(std::string_view text) { text_ += escape_html(text); }
  template <std::integral Number>
  void append(Number number) {
    text_ += std::to_string(number);
  }
  void append(char) = delete;  // a string was meant
  template <std::same_as<bool> Bool>
  void append(Bool) = delete;

  std::string text_;
};

/// Html made from parts, as Html::add takes them.
template <typename... Parts>
[[nodiscard]] Html html(const Parts&... parts) {
  Html made;
  made.add(parts...);
  return made;
}

}  // namespace motoko::web
