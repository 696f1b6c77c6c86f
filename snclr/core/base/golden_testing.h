// SPDX-License-Identifier: MIT
// Golden files in tests:
//
//   const GoldenFile golden =
//   GoldenTestFile("snclr/core/nn/testdata/x.safetensors");
//   EXPECT_TRUE(IsClose(y, golden.Tensor("out.y"), {1e-5}));
#ifndef SNCLR_CORE_BASE_GOLDEN_TESTING_H_
#define SNCLR_CORE_BASE_GOLDEN_TESTING_H_

#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden.h"

namespace snclr {

// Reads a file of the test's `data`, by its path from the workspace's root.
// Throws where it cannot be read, which fails the test.
GoldenFile GoldenTestFile(const std::string& path);

// IsWithin, as an assertion that reports both distances where it fails. Dtypes
// may differ: the comparison is in double.
::testing::AssertionResult IsClose(const at::Tensor& actual,
                                   const at::Tensor& expected,
                                   const Tolerance& tolerance);

}  // namespace snclr

#endif  // SNCLR_CORE_BASE_GOLDEN_TESTING_H_
