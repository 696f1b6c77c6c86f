// SPDX-License-Identifier: MIT
// Three whole steps of each published method: two views through encoder, heads,
// momentum branch, bank and loss, then the optimizer and the average.
#include <gtest/gtest.h>

#include <sstream>

#include "tools/conformance/conformance.h"

namespace snclr {
namespace {

TEST(TrainStepTest, EveryMethodMakesThePublishedSteps) {
  std::ostringstream out;
  const auto summary = RunConformance("tools/conformance/testdata", out);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->passed, 5) << out.str();
  EXPECT_EQ(summary->failed, 0) << out.str();
  EXPECT_EQ(summary->skipped, 0) << out.str();
}

}  // namespace
}  // namespace snclr
