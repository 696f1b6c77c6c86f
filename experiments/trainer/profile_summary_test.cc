// SPDX-License-Identifier: MIT
#include "experiments/trainer/profile_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(SelfTimesTest, LeaveOutWhatPhasesInsideTook) {
  // forward from 0 to 100 with momentum (10 to 40) and, in that, bank (20 to
  // 25); then backward.
  EXPECT_THAT(SelfTimes({{"backward", 100, 180},
                         {"bank", 20, 25},
                         {"forward", 0, 100},
                         {"momentum", 10, 40}}),
              ElementsAre(Pair("backward", 80), Pair("forward", 70),
                          Pair("momentum", 25), Pair("bank", 5)));
}

TEST(SelfTimesTest, AddUpPhasesOfOneName) {
  EXPECT_THAT(SelfTimes({{"bank", 0, 3}, {"loss", 3, 8}, {"bank", 8, 20}}),
              ElementsAre(Pair("bank", 15), Pair("loss", 5)));
}

TEST(SelfTimesTest, APhaseInsideOneOfItsNameCountsOnce) {
  EXPECT_THAT(SelfTimes({{"bank", 0, 10}, {"bank", 2, 6}}),
              ElementsAre(Pair("bank", 10)));
  EXPECT_THAT(SelfTimes({}), IsEmpty());
}

TEST(MatrixOperationsTest, AreTwiceTheProductOfTheSizes) {
  EXPECT_EQ(MatrixOperations("aten::mm", {{3, 5}, {5, 7}}), 2 * 3 * 5 * 7);
  EXPECT_EQ(MatrixOperations("aten::addmm", {{7}, {3, 5}, {5, 7}}), 210);
  EXPECT_EQ(MatrixOperations("aten::addmm_", {{3, 7}, {3, 5}, {5, 7}}), 210);
  EXPECT_EQ(MatrixOperations("aten::bmm", {{2, 3, 5}, {2, 5, 7}}), 420);
}

TEST(MatrixOperationsTest, OfAttentionAreTwoProductsAndFiveBackward) {
  // 2 images, 3 heads, 4 queries and 5 keys of 6 numbers.
  const std::vector<int64_t> query = {2, 3, 4, 6}, key = {2, 3, 5, 6};
  EXPECT_EQ(
      MatrixOperations("aten::_scaled_dot_product_flash_attention_for_cpu",
                       {query, key, key}),
      2 * 2 * (2 * 3 * 4 * 5 * 6));
  EXPECT_EQ(MatrixOperations(
                "aten::_scaled_dot_product_flash_attention_for_cpu_backward",
                {query, query, key, key}),
            5 * 2 * (2 * 3 * 4 * 5 * 6));
}

TEST(MatrixOperationsTest, OfOtherOperatorsAreNone) {
  EXPECT_EQ(MatrixOperations("aten::add", {{3, 5}, {3, 5}}), 0);
  EXPECT_EQ(MatrixOperations("aten::mm", {}), 0);
}

TEST(DescribeTest, SaysPhasesTheRestAndTheShareOfTheLimit) {
  ProfileSummary summary;
  summary.steps = 2;
  summary.wall_ns = 200'000'000;
  summary.phases = {{"backward", 120'000'000}, {"forward", 60'000'000}};
  summary.matrix_operations = 20'000'000'000;
  summary.matrix_rate = 200e9;
  EXPECT_THAT(
      Describe(summary),
      ElementsAre("where a step's time goes (2 steps, 100.0 ms each)",
                  "  backward         60.00 ms   60.0 %",
                  "  forward          30.00 ms   30.0 %",
                  "  other            10.00 ms   10.0 %",
                  HasSubstr("10.00 GFLOP a step, 100.0 GFLOP/s, 50 % of")));
  summary.has_convolutions = true;
  EXPECT_THAT(Describe(summary).back(), HasSubstr("(without convolutions)"));
}

}  // namespace
}  // namespace snclr
