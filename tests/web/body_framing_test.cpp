#include "exporter/web/body_framing.h"

#include <gtest/gtest.h>

#include <limits>

namespace motoko::web {
namespace {

TEST(BodyFraming, ReadsTheLength) {
  EXPECT_EQ(body_framing({{"content-length", " 42 "}}), (BodyFraming{false, 42}));
  EXPECT_EQ(body_framing({{"Content-Length", "00042"}}), (BodyFraming{false, 42}));
  EXPECT_EQ(body_framing({{"Content-Length", "5"}, {"Content-Length", "5"}}), (BodyFraming{false, 5}));
  EXPECT_FALSE(body_framing({{"Content-Length", "0"}})->has_body());
  EXPECT_FALSE(body_framing({})->has_body());
}

TEST(BodyFraming, SaturatesWhatDoesNotFit) {
  EXPECT_EQ(body_framing({{"Content-Length", "18446744073709551616"}})->length,
            std::numeric_limits<std::uint64_t>::max());
}

TEST(BodyFraming, KnowsNoLengthOfTransferEncodedBodies) {
  EXPECT_EQ(body_framing({{"transfer-encoding", "gzip, chunked"}}), (BodyFraming{true, std::nullopt}));
  EXPECT_TRUE(body_framing({{"Transfer-Encoding", "identity"}})->has_body());
}

TEST(BodyFraming, RefusesWhatTwoReadersCouldReadDifferently) {
  for (const auto* length : {"", "-1", "+1", "1.5", "1e3", "0x1", "1 2", "1,1", "one", "\xd9\xa1"})
    EXPECT_FALSE(body_framing({{"Content-Length", length}})) << length;
  EXPECT_FALSE(body_framing({{"Content-Length", "5"}, {"content-length", "6"}}));
  EXPECT_FALSE(body_framing({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}));
}

}  // namespace
}  // namespace motoko::web
