#include "exporter/config/nearest.h"

#include <algorithm>
#include <numeric>

namespace motoko::config {
namespace {

constexpr std::size_t kMaxLength = 64;  // no known word is longer; bounds the cost

char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

/// Levenshtein's distance, one row of the table at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (folded(a[i]) == folded(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.empty() || word.size() > kMaxLength) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = std::min(std::max<std::size_t>(2, word.size() / 3), word.size() - 1) + 1;
  for (const auto candidate : known) {
    const std::size_t here = distance(word, candidate);
    if (here >= best_distance) continue;
    best = candidate;
    best_distance = here;
  }
  return best;
}

}  // namespace motoko::config
