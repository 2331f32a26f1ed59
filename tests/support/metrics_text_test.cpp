#include "tests/support/metrics_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace motoko::testing {
namespace {

constexpr const char* kScrape =
    "# HELP a_bytes Some bytes.\n"
    "# TYPE a_bytes gauge\n"
    "a_bytes{path=\"/a b\",kind=\"x\\\"y\\\\z\\n\"} 1.5e3\n"
    "a_bytes{path=\"/c\"} NaN\n"
    "# HELP b_seconds Some seconds.\n"
    "# TYPE b_seconds histogram\n"
    "b_seconds_bucket{le=\"+Inf\"} 2\n"
    "b_seconds_sum 3\n"
    "b_seconds_count 2\n";

TEST(MetricsText, FindsASeriesByAllItsLabels) {
  const MetricsText metrics(kScrape);
  EXPECT_EQ(metrics.value("a_bytes", {{"path", "/a b"}, {"kind", "x\"y\\z\n"}}), 1500);
  EXPECT_EQ(metrics.value("a_bytes", {{"path", "/a b"}}), std::nullopt);
  EXPECT_EQ(metrics.value("a_bytes"), std::nullopt);
  EXPECT_EQ(metrics.value("b_seconds_count"), 2);
  EXPECT_EQ(metrics.samples("a_bytes").size(), 2U);
  EXPECT_EQ(metrics.samples("a_bytes", {{"path", "/a b"}}).size(), 1U);
  EXPECT_EQ(metrics.families().at("b_seconds").type, "histogram");
  EXPECT_EQ(metrics.families().at("a_bytes").help, "Some bytes.");
}

TEST(MetricsText, RefusesWhatPrometheusWouldRefuse) {
  const std::string head = "# HELP a x\n# TYPE a gauge\n";
  EXPECT_THROW(MetricsText("a 1\n"), std::runtime_error) << "no family";
  EXPECT_THROW(MetricsText(head + "a 1\na 2\n"), std::runtime_error) << "series twice";
  EXPECT_THROW(MetricsText(head + "a 1"), std::runtime_error) << "cut off";
  EXPECT_THROW(MetricsText(head + "a one\n"), std::runtime_error) << "no number";
  EXPECT_THROW(MetricsText(head + "a{b=\"c} 1\n"), std::runtime_error) << "open quote";
  EXPECT_THROW(MetricsText(head + "b 1\n"), std::runtime_error) << "another family";
  EXPECT_THROW(MetricsText(head + head), std::runtime_error) << "described twice";
  EXPECT_THROW(MetricsText(head + "a 1\n# HELP b x\n# TYPE b gauge\nb 1\n# HELP a x\n"), std::runtime_error)
      << "family in two places";
}

}  // namespace
}  // namespace motoko::testing
