#include "exporter/web/compression.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/web/gunzip.h"

namespace motoko::web {
namespace {

TEST(Gzip, GivesTheTextBack) {
  std::mt19937 random(1);  // what hardly compresses, too
  std::string noise;
  for (int i = 0; i < 100'000; ++i) noise += static_cast<char>(random());
  for (const std::string& text : {std::string(), std::string("a"), std::string(1'000'000, 'x'), noise})
    EXPECT_EQ(testing::gunzip(gzip(text)), text) << text.size();
}

TEST(Gzip, MakesMetricsMuchSmaller) {
  std::string metrics;
  for (int i = 0; i < 200; ++i)
    metrics += "motoko_mount_stale_reason{mountpoint=\"/mount" + std::to_string(i) + "\",reason=\"io_error\"} 0\n";
  EXPECT_LT(gzip(metrics).size(), metrics.size() / 5);
}

TEST(AcceptEncoding, TakesGzipWhereItIsNamedOrCovered) {
  for (const auto* header : {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=1.0", "gzip; q=0.1", "gzip ; q=0.001",
                             "*", "identity;q=0.5, *;q=0.1", "br;q=1, gzip;q=0.8, *;q=0", "gzip;level=9"})
    EXPECT_TRUE(accepts_gzip(header)) << header;
}

TEST(AcceptEncoding, RefusesGzipElsewhere) {
  for (const auto* header : {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.000", "gzip; Q=0", "*;q=0",
                             "gzip;q=0, *", "*, gzip;q=0", "gzipped", "not-gzip", "gzip;q=", "gzip;q=x"})
    EXPECT_FALSE(accepts_gzip(header)) << header;
}

}  // namespace
}  // namespace motoko::web
