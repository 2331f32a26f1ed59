#include "exporter/web/big_stack.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace motoko::web {
namespace {

TEST(BigStack, RunsElsewhereAndWaits) {
  BigStack stack;
  std::thread::id where;
  stack.run([&] { where = std::this_thread::get_id(); });
  EXPECT_NE(where, std::thread::id());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(BigStack, HandsExceptionsThroughAndGoesOn) {
  BigStack stack;
  EXPECT_THROW(stack.run([] { throw std::out_of_range("x"); }), std::out_of_range);
  bool ran = false;
  stack.run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(BigStack, RunsOneAtATimeForManyCallers) {
  BigStack stack;
  int count = 0;  // not atomic: ThreadSanitizer would see two at once
  std::atomic<int> inside = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 100; ++k)
        stack.run([&] {
          EXPECT_EQ(++inside, 1);
          ++count;
          --inside;
        });
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace motoko::web
