// SPDX-License-Identifier: MIT
#include "experiments/trainer/spread.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <cmath>

#include "gtest/gtest.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

at::Tensor NormalRows(int64_t rows, int64_t columns, uint64_t seed) {
  at::Tensor tensor = at::empty({rows, columns}, at::kFloat);
  Random random(seed, {});
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    tensor.data_ptr<float>()[i] = static_cast<float>(random.Normal());
  }
  return tensor;
}

TEST(FeatureStdTest, IsOneForRowsAllOverTheSphere) {
  EXPECT_NEAR(FeatureStd(NormalRows(4000, 64, /*seed=*/1)), 1.0, 0.01);
}

TEST(FeatureStdTest, IsZeroForOneDirectionWhateverTheLengths) {
  const at::Tensor rows = at::ones({8, 4}) * NormalRows(8, 1, 2).abs();
  EXPECT_NEAR(FeatureStd(rows), 0.0, 1e-6);
}

TEST(FeatureStdTest, AgreesWithAValueByHand) {
  // Unit rows (1, 0) and (0, 1): each coordinate has variance 1/2.
  EXPECT_NEAR(FeatureStd(at::eye(2) * 3), std::sqrt(0.5) * std::sqrt(2.0),
              1e-6);
}

TEST(FeatureStdTest, RowsOfZerosAreNoTrouble) {
  EXPECT_EQ(FeatureStd(at::zeros({3, 4})), 0.0);
}

TEST(EffectiveRankTest, CountsEqualDirections) {
  EXPECT_NEAR(EffectiveRank(at::eye(6)), 6.0, 1e-9);
  EXPECT_NEAR(EffectiveRank(at::ones({6, 3})), 1.0, 1e-6);
  EXPECT_NEAR(EffectiveRank(at::cat({at::eye(3), at::zeros({3, 3})}, 1) * 7),
              3.0, 1e-9);
}

TEST(EffectiveRankTest, AgreesWithAValueByHand) {
  at::Tensor rows = at::eye(2);
  rows[0][0] = 3.0;  // shares 3/4 and 1/4
  const double entropy = -(0.75 * std::log(0.75) + 0.25 * std::log(0.25));
  EXPECT_NEAR(EffectiveRank(rows), std::exp(entropy), 1e-6);
}

TEST(EffectiveRankTest, UsesNoMoreThanTheFirst1024Rows) {
  const at::Tensor rows = NormalRows(1024, 4, 3);
  EXPECT_EQ(EffectiveRank(at::cat({rows, at::ones({500, 4}) * 100})),
            EffectiveRank(rows));
}

TEST(SpreadTest, AVectorIsRefused) {
  EXPECT_THROW(FeatureStd(at::ones({4})), c10::Error);
  EXPECT_THROW(EffectiveRank(at::ones({4})), c10::Error);
}

}  // namespace
}  // namespace snclr
