// SPDX-License-Identifier: MIT
#include "experiments/trainer/principal_plane.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

namespace snclr {
namespace {

TEST(PrincipalPlaneTest, IsTheSpreadOfUnitRowsByHand) {
  // Already of norm 1 and with mean 0; variances 2, 2 x 0.36 and 2 x 0.64 along
  // three directions that are not axes of the second pair.
  const at::Tensor rows = at::tensor({1.0, 0.0, 0.0,    //
                                      -1.0, 0.0, 0.0,   //
                                      0.0, 0.6, 0.8,    //
                                      0.0, -0.6, -0.8,  //
                                      0.0, 1.0, 0.0,    //
                                      0.0, -1.0, 0.0})
                              .view({6, 3});
  const PrincipalPlane plane = PrincipalPlaneOf(rows);
  // The second pair of lines has the scatter matrix [[2.72, 0.96], [0.96,
  // 1.28]], whose eigenvalues are 2 +- 1.2; the first one's is 2.
  EXPECT_NEAR(plane.shares[0], 3.2 / 6, 1e-12);
  EXPECT_NEAR(plane.shares[1], 2.0 / 6, 1e-12);
  const auto place = plane.places.accessor<double, 2>();
  EXPECT_NEAR(std::abs(place[0][1]), 1, 1e-12);
  EXPECT_NEAR(place[0][0], 0, 1e-12);
  EXPECT_NEAR(place[0][1], -place[1][1], 1e-12);
}

TEST(PrincipalPlaneTest, OnlyDirectionsOfRowsCount) {
  const at::Tensor rows =
      at::tensor({1.0, 2.0, -3.0, 1.0, 0.5, -2.0}).view({3, 2});
  const at::Tensor longer = rows.mul(at::tensor({2.0, 7.0, 0.1}).view({3, 1}));
  const PrincipalPlane a = PrincipalPlaneOf(rows);
  const PrincipalPlane b = PrincipalPlaneOf(longer);
  EXPECT_LT((a.places - b.places).abs().max().item<double>(), 1e-12);
}

TEST(PrincipalPlaneTest, OfEqualRowsIsOnePoint) {
  const PrincipalPlane plane = PrincipalPlaneOf(at::ones({4, 3}));
  EXPECT_LT(plane.places.abs().max().item<double>(), 1e-12);
}

TEST(PrincipalPlaneTest, RefusesTwoRows) {
  EXPECT_THROW(PrincipalPlaneOf(at::ones({2, 3})), c10::Error);
}

}  // namespace
}  // namespace snclr
