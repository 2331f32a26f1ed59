#include "exporter/web/compression.h"

#include <zlib.h>

#include <new>
#include <stdexcept>

#include "exporter/web/message.h"

namespace motoko::web {
namespace {

constexpr int kGzipWrapper = 16;  // added to windowBits: a gzip header and trailer instead of zlib's (zlib.h)
// 64 KiB of state instead of 256: for a page of metrics (15 KB) no larger a result, and quicker for being allocated
// anew.
constexpr int kWindowBits = 13;
constexpr int kMemoryLevel = 6;

class Deflater {
 public:
  Deflater() {
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, kWindowBits + kGzipWrapper, kMemoryLevel,
                     Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  std::string compress(std::string_view text) {
    std::string compressed(deflateBound(&stream_, text.size()), '\0');
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib never writes there
    stream_.avail_in = static_cast<uInt>(text.size());
    stream_.next_out = reinterpret_cast<Bytef*>(compressed.data());
    stream_.avail_out = static_cast<uInt>(compressed.size());
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) throw std::logic_error("deflate needs more than its own bound");
    compressed.resize(stream_.total_out);
    return compressed;
  }

 private:
  z_stream stream_{};
};

/// "q=0", "q=0.000": the weight that means "not acceptable". A weight that cannot be read is taken as that too.
bool weight_is_zero(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto parameter = trim(parameters.substr(0, end));
    parameters.remove_prefix(end == std::string_view::npos ? parameters.size() : end + 1);
    if (parameter.size() < 2 || !equal_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    return parameter.find_first_of("123456789") == std::string_view::npos;
  }
  return false;
}

}  // namespace

std::string gzip(std::string_view text) {
  if (text.size() > 1U << 30) throw std::length_error("body too large to compress");  // zlib counts in 32 bits
  return Deflater().compress(text);
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    const auto element = next_list_element(accept_encoding);
    const auto semicolon = element.find(';');
    const auto coding = trim(element.substr(0, semicolon));
    const bool accepted = semicolon == std::string_view::npos || !weight_is_zero(element.substr(semicolon + 1));
    if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) return accepted;
    if (coding == "*") any = accepted;
  }
  return any;
}

}  // namespace motoko::web
