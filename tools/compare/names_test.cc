// SPDX-License-Identifier: MIT
#include "tools/compare/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NamesTest, AreSplitAtCommasAndCountOnce) {
  EXPECT_THAT(Names({"a, b,,a ", "c"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Names({"", " , "}), IsEmpty());
}

TEST(NamesTest, QuotesKeepCommas) {
  EXPECT_THAT(Names({"\"a, b\",c"}), ElementsAre("a, b", "c"));
  EXPECT_THAT(Names({"x,\"say \"\"hi\"\", you\""}),
              ElementsAre("x", "say \"hi\", you"));
  EXPECT_THAT(Names({"5\"disk"}), ElementsAre("5\"disk"));
  EXPECT_THAT(Names({"\"never closed, a"}), ElementsAre("never closed, a"));
}

}  // namespace
}  // namespace snclr
