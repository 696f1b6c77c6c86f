// SPDX-License-Identifier: MIT
#include "snclr/core/base/golden_testing.h"

#include <c10/util/Exception.h>

#include <utility>

namespace snclr {

GoldenFile GoldenTestFile(const std::string& path) {
  auto file = GoldenFile::Read(path);
  TORCH_CHECK(file.ok(), file.status().ToString());
  return *std::move(file);
}

::testing::AssertionResult IsClose(const at::Tensor& actual,
                                   const at::Tensor& expected,
                                   const Tolerance& tolerance) {
  if (!actual.defined()) return ::testing::AssertionFailure() << "no tensor";
  if (actual.sizes() != expected.sizes()) {
    return ::testing::AssertionFailure()
           << "shape " << actual.sizes() << ", wanted " << expected.sizes();
  }
  const Distance distance = MeasureDistance(actual, expected);
  if (IsWithin(distance, expected, tolerance)) {
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure()
         << "off by " << distance.absolute << ", " << distance.relative
         << " of the largest value; allowed " << tolerance.relative
         << " of it plus " << tolerance.absolute;
}

}  // namespace snclr
