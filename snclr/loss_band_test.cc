// SPDX-License-Identifier: MIT
#include "snclr/loss_band.h"

#include <cmath>

#include "gtest/gtest.h"

namespace snclr {
namespace {

SnclrSpec Spec(SnclrObjective objective, int neighbors) {
  SnclrSpec spec;
  spec.set_objective(objective);
  spec.set_positiveness(COSINE);
  spec.set_temperature(0.2);
  spec.set_neighbors(neighbors);
  spec.set_neighbors_as_negatives(true);
  return spec;
}

bool Holds(const LossBand& band, double loss) {
  return band.low <= loss && loss <= band.high;
}

TEST(LossBandTest, HoldsTheLossOfEqualSimilarities) {
  // 128 images on each of 8 ranks, each with its key and 30 neighbours.
  const double log_columns = std::log(128.0 * 8 * 31);
  EXPECT_TRUE(Holds(SnclrLossBand(Spec(CODE, 30), 128, 8),
                    2 * 2 * 0.2 * 2 * log_columns));
  EXPECT_TRUE(Holds(SnclrLossBand(Spec(PAPER, 30), 128, 8),
                    2 * (log_columns - std::log(2.0))));
}

TEST(LossBandTest, WithoutNeighborsIsInfoNces) {
  const double log_columns = std::log(64.0);
  const LossBand band = SnclrLossBand(Spec(CODE, 0), 64, 1);
  EXPECT_NEAR(band.low, 2 * 2 * 0.2 * (log_columns - 0.25 / 0.2), 1e-12);
  EXPECT_NEAR(band.high, 2 * 2 * 0.2 * (log_columns + 0.5 / 0.2), 1e-12);
}

TEST(LossBandTest, CountsKeysAloneWhereNeighborsAreNoNegatives) {
  SnclrSpec spec = Spec(PAPER, 3);
  spec.set_neighbors_as_negatives(false);
  EXPECT_NEAR(SnclrLossBand(spec, 16, 2).high,
              2 * (std::log(16.0 * 2 + 3) + 0.5 / 0.2 - std::log(2.0)), 1e-12);
}

TEST(LossBandTest, FollowsTheSumOfWeights) {
  const double one = SnclrLossBand(Spec(CODE, 4), 64, 1).high / 2;
  SnclrSpec spec = Spec(CODE, 4);
  spec.set_positiveness(HARD);
  EXPECT_NEAR(SnclrLossBand(spec, 64, 1).high, 5 * one, 1e-12);
  spec.set_positiveness(COSINE);
  spec.set_threshold(true);  // cuts between nothing and everything
  EXPECT_NEAR(SnclrLossBand(spec, 64, 1).high, 2 * one, 1e-12);
  EXPECT_NEAR(SnclrLossBand(spec, 64, 1).low,
              SnclrLossBand(Spec(CODE, 4), 64, 1).low / 2, 1e-12);
  spec.set_positiveness(UNIFORM);  // 1/K is not above 1/K
  EXPECT_NEAR(SnclrLossBand(spec, 64, 1).high, one, 1e-12);
}

TEST(LossBandTest, SaysItsFormula) {
  const std::string why = SnclrLossBand(Spec(CODE, 30), 128, 8).why;
  EXPECT_NE(why.find("2T (1 + sum w) ln N"), std::string::npos) << why;
  EXPECT_NE(why.find("N = 31744"), std::string::npos) << why;
}

}  // namespace
}  // namespace snclr
