// Errors keep their code for decisions while each layer adds to their text.
#include "exporter/base/result.h"

#include <gtest/gtest.h>

namespace motoko::base {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> value = 5;
  const Result<int> error = errno_error(ENOENT, "open /x");
  EXPECT_TRUE(value);
  EXPECT_EQ(*value, 5);
  EXPECT_FALSE(error);
  const Status done;
  EXPECT_TRUE(done);
}

TEST(Error, SaysWhatWasDoneAndWhyItFailed) {
  const Status error = errno_error(EACCES, "open /dev/kmsg");
  EXPECT_EQ(error.error().message(), "open /dev/kmsg: Permission denied");
}

TEST(Error, SaysTheReasonAloneWhereThereIsNoContext) {
  const Status error = errno_error(EACCES, "");
  EXPECT_EQ(error.error().message(), "Permission denied");
}

TEST(Error, SaysTheContextAloneWhereThereIsNoCode) {
  EXPECT_EQ((Error{{}, "out of luck"}).message(), "out of luck");
}

TEST(Error, IsClassifiedByItsCode) {
  const Status error = errno_error(ETIMEDOUT, "wait");
  EXPECT_TRUE(error.error().is(std::errc::timed_out));
  EXPECT_FALSE(error.error().is(std::errc::io_error));
  const Status made = failure(std::errc::timed_out, "no answer in 2s");
  EXPECT_TRUE(made.error().is(std::errc::timed_out));
  EXPECT_EQ(made.error().context, "no answer in 2s");
}

TEST(WithContext, PutsTheLayersOutermostFirst) {
  const Status inner = errno_error(EACCES, "open /proc/self/mountinfo");
  const Status outer = with_context(inner.error(), "read mount table");
  EXPECT_EQ(outer.error().message(), "read mount table: open /proc/self/mountinfo: Permission denied");
  EXPECT_TRUE(outer.error().is(std::errc::permission_denied));
}

TEST(WithContext, AddsNoEmptyLayer) {
  const Status outer = with_context(Error{{EIO, std::generic_category()}, ""}, "read disk");
  EXPECT_EQ(outer.error().message(), "read disk: Input/output error");
}

}  // namespace
}  // namespace motoko::base
