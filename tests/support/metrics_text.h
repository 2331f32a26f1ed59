// The Prometheus text format, version 0.0.4, read strictly: what a scrape of the exporter says.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motoko::testing {

using Labels = std::map<std::string, std::string>;

struct Sample {
  std::string name;  // of the family, with _bucket, _sum or _count for a histogram
  Labels labels;
  double value = 0;
};

struct MetricFamily {
  std::string type;
  std::string help;
  std::vector<Sample> samples;
};

class MetricsText {
 public:
  /// Throws std::runtime_error at a line that is no sample and no comment, a family described twice, samples of a
  /// family that are not together, and a series that appears twice.
  explicit MetricsText(std::string_view text);

  /// The value of exactly that series; nothing: it is absent.
  [[nodiscard]] std::optional<double> value(const std::string& name, const Labels& labels = {}) const;

  /// All samples of that name whose labels include `labels`.
  [[nodiscard]] std::vector<Sample> samples(const std::string& name, const Labels& labels = {}) const;

  [[nodiscard]] const std::map<std::string, MetricFamily>& families() const { return families_; }

  /// The lines of the families whose name starts with `prefix`, for messages.
  [[nodiscard]] std::string lines(std::string_view prefix) const;

 private:
  void add_line(std::string_view line);

  std::map<std::string, MetricFamily> families_;
  std::set<std::pair<std::string, Labels>> seen_;
  std::string current_;  // the family whose lines are being read
};

}  // namespace motoko::testing
