// SPDX-License-Identifier: MIT
#include "experiments/sweep/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::ElementsAre;

TEST(FormatTableTest, SetsNumbersToTheRightAndTextsToTheLeft) {
  EXPECT_THAT(
      FormatTable({{"rate", "scope"}, {"1e-3", "LOCAL"}, {"10", "G"}}, 100),
      ElementsAre("rate  scope", "1e-3  LOCAL", "  10  G"));
}

TEST(FormatTableTest, CutsWhatIsTooLong) {
  EXPECT_THAT(FormatTable({{"a", "b"}, {"xyz", "long text"}}, 8),
              ElementsAre("a    b", "xyz  lon"));
}

}  // namespace
}  // namespace snclr
