// Metric families under construction: each has one place, its HELP is valid, its label values are clean.
#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::metrics {

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

/// One family. Values that are unknown leave no series.
class Family {
 public:
  Family(std::string name, const std::string& help, prometheus::MetricType type);

  void add(double value, Labels labels = {});
  void add(const base::Result<bool>& value, Labels labels);
  void add(const base::Result<std::uint64_t>& value, Labels labels);

  [[nodiscard]] prometheus::MetricFamily take() { return std::move(family_); }
  [[nodiscard]] bool empty() const { return family_.metric.empty(); }

 private:
  prometheus::MetricFamily family_;
};

/// Families in the order of their first use.
class FamilySet {
 public:
  Family& gauge(const std::string& name, const std::string& help);
  Family& counter(const std::string& name, const std::string& help);

  /// The families that have a series.
  [[nodiscard]] std::vector<prometheus::MetricFamily> take();

 private:
  std::deque<Family> families_;  // a deque: references stay valid
};

}  // namespace motoko::metrics
