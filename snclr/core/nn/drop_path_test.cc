// SPDX-License-Identifier: MIT
#include "snclr/core/nn/drop_path.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>

#include <cmath>

#include "gtest/gtest.h"

namespace snclr {
namespace {

constexpr int64_t kImages = 20000;

TEST(DropPathTest, DropsMoreWithDepthAndKeepsTheMean) {
  const at::Tensor scales = DropPathScales(0.3, 8, kImages, Random(1, {2}));
  ASSERT_EQ(scales.sizes(), at::IntArrayRef({8, kImages}));
  for (int64_t branch = 0; branch < 8; ++branch) {
    const double rate = 0.3 * (branch / 2) / 3;
    const at::Tensor of_branch = scales[branch];
    EXPECT_EQ(
        of_branch.eq(0).sum().item<int64_t>() +
            of_branch.sub(1 / (1 - rate)).abs().lt(1e-6).sum().item<int64_t>(),
        kImages)
        << "one of two values";
    // Six standard deviations of a proportion.
    const double deviation = std::sqrt(rate * (1 - rate) / kImages);
    EXPECT_NEAR(of_branch.eq(0).sum().item<double>() / kImages, rate,
                6 * deviation);
    EXPECT_NEAR(of_branch.mean().item<double>(), 1,
                6 * deviation / (1 - rate) + 1e-6);
  }
}

TEST(DropPathTest, ImagesAndBranchesAreDrawnByThemselves) {
  const at::Tensor kept = DropPathScales(0.5, 4, kImages, Random(1, {2})).gt(0);
  // Both branches of the last block, an image and its neighbour: a quarter of
  // the time both are kept.
  const double both =
      kept[2].logical_and(kept[3]).sum().item<double>() / kImages;
  EXPECT_NEAR(both, 0.25, 6 * std::sqrt(0.25 * 0.75 / kImages));
  const double neighbours = kept[3]
                                .slice(0, 1)
                                .logical_and(kept[3].slice(0, 0, -1))
                                .sum()
                                .item<double>() /
                            kImages;
  EXPECT_NEAR(neighbours, 0.25, 6 * std::sqrt(0.25 * 0.75 / kImages));
}

TEST(DropPathTest, IsAFunctionOfItsStreamAndUndefinedWhereOff) {
  EXPECT_TRUE(at::equal(DropPathScales(0.5, 4, 9, Random(1, {2})),
                        DropPathScales(0.5, 4, 9, Random(1, {2}))));
  EXPECT_FALSE(DropPathScales(0, 4, 9, Random(1, {2})).defined());
  EXPECT_FALSE(DropPathScales(0.5, 0, 9, Random(1, {2})).defined());
}

}  // namespace
}  // namespace snclr
