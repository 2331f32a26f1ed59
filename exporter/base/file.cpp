#include "exporter/base/file.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "exporter/base/unique_fd.h"

namespace motoko::base {

namespace {

/// Reads until the end, or until `enough` says so.
template <typename Enough>
Result<std::string> read_until(const std::string& path, std::size_t max_bytes, Enough enough) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd.valid()) return errno_error(errno, "open " + path);
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error(errno, "read " + path);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > max_bytes) return errno_error(EFBIG, "read " + path);
    if (enough(text)) return text;
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  return read_until(path, max_bytes, [](const std::string&) { return false; });
}

Result<std::string> read_line(const std::string& path) {
  // What a kernel file gives at once is nearly always all of it: the read that would only say so is saved.
  auto text = read_until(path, 1 << 20, [](const std::string& read) { return read.find('\n') != std::string::npos; });
  if (!text) return text;
  text->erase(std::min(text->find('\n'), text->size()));
  constexpr std::string_view kBlanks = " \t\r";
  const auto first = text->find_first_not_of(kBlanks);
  if (first == std::string::npos) return std::string();
  return text->substr(first, text->find_last_not_of(kBlanks) - first + 1);
}

Result<std::uint64_t> read_number(const std::string& path) {
  const auto line = read_line(path);
  if (!line) return tl::unexpected(line.error());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), number);
  if (error != std::errc() || end != line->data() + line->size() || line->empty())
    return errno_error(EINVAL, path + " holds \"" + *line + "\", not a number");
  return number;
}

}  // namespace motoko::base
