#include "exporter/metrics/family_set.h"

#include <algorithm>

#include "exporter/base/text.h"

namespace motoko::metrics {

Family::Family(std::string name, const std::string& help, prometheus::MetricType type) {
  family_.name = std::move(name);
  family_.help = help;  // prometheus-cpp 1.0 does not escape it: our own constants hold no line break and no backslash
  family_.type = type;
}

void Family::add(double value, Labels labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, base::valid_utf8(text)});
  if (family_.type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  family_.metric.push_back(std::move(metric));
}

void Family::add(const base::Result<bool>& value, Labels labels) {
  if (value) add(*value ? 1.0 : 0.0, labels);
}

void Family::add(const base::Result<std::uint64_t>& value, Labels labels) {
  if (value) add(static_cast<double>(*value), labels);
}

Family& FamilySet::gauge(const std::string& name, const std::string& help) {
  return families_.emplace_back(name, help, prometheus::MetricType::Gauge);
}

Family& FamilySet::counter(const std::string& name, const std::string& help) {
  return families_.emplace_back(name, help, prometheus::MetricType::Counter);
}

std::vector<prometheus::MetricFamily> FamilySet::take() {
  std::vector<prometheus::MetricFamily> taken;
  for (auto& family : families_)
    if (!family.empty()) taken.push_back(family.take());
  return taken;
}

}  // namespace motoko::metrics
