// SPDX-License-Identifier: MIT
#include "tools/conformance/verdict.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace snclr {
namespace {

using ::testing::HasSubstr;
using Outcome = Verdict::Outcome;

TEST(VerdictTest, PassesWhatIsWithinToleranceAndReportsTheLargestDifferences) {
  Verdict verdict;
  verdict.Compare("a", at::tensor({1.0, 2.001}), at::tensor({1.0, 2.0}),
                  {1e-3});
  verdict.Compare("b", 10.0, 10.0, {0});
  EXPECT_EQ(verdict.outcome(), Outcome::kPassed);
  EXPECT_EQ(verdict.Describe(),
            "2 compared, largest difference 0.001 absolute, 0.0005 relative");
}

TEST(VerdictTest, RoundingAroundZeroHasNoRelativeSize) {
  Verdict verdict;
  verdict.Compare("grad", at::tensor({1e-15}), at::tensor({1e-18}),
                  {1e-6, 1e-7});
  EXPECT_EQ(verdict.Describe(),
            "1 compared, largest difference 9.99e-16 absolute, 0 relative");
}

TEST(VerdictTest, NamesWhatIsBeyondTolerance) {
  Verdict verdict;
  verdict.Compare("grad.q", at::tensor({1.0, 2.01}), at::tensor({1.0, 2.0}),
                  {1e-3});
  EXPECT_EQ(verdict.outcome(), Outcome::kFailed);
  EXPECT_THAT(verdict.Describe(), HasSubstr("grad.q: off by 0.01 absolute"));
}

TEST(VerdictTest, AnotherShapeOrANotANumberFails) {
  Verdict shape, nan;
  shape.Compare("x", at::tensor({1.0}), at::tensor({1.0, 1.0}), {1});
  nan.Compare("x", at::tensor({std::nan("")}), at::tensor({1.0}), {1});
  EXPECT_EQ(shape.outcome(), Outcome::kFailed);
  EXPECT_EQ(nan.outcome(), Outcome::kFailed);
}

TEST(VerdictTest, ElementsAreEachComparedWithThemselves) {
  const auto expected = at::tensor({1000.0, 1e-3, 0.0});
  Verdict whole, elements, zero;
  whole.Compare("x", at::tensor({1000.0, 2e-3, 0.0}), expected, {1e-5});
  EXPECT_EQ(whole.outcome(), Outcome::kPassed);
  elements.CompareElements("x", at::tensor({1000.0, 2e-3, 0.0}), expected,
                           1e-5);
  EXPECT_EQ(elements.outcome(), Outcome::kFailed);
  zero.CompareElements("x", at::tensor({1000.0, 1e-3, 1e-30}), expected, 1e-5);
  EXPECT_EQ(zero.outcome(), Outcome::kFailed);
}

TEST(VerdictTest, ExactMeansEqual) {
  Verdict equal, other;
  equal.CompareExactly("index", at::tensor({1, 2}), at::tensor({1, 2}));
  EXPECT_EQ(equal.outcome(), Outcome::kPassed);
  other.CompareExactly("index", at::tensor({1, 2}), at::tensor({1, 3}));
  EXPECT_EQ(other.outcome(), Outcome::kFailed);
}

TEST(VerdictTest, NothingComparedIsAFailure) {
  const Verdict verdict;
  EXPECT_EQ(verdict.outcome(), Outcome::kFailed);
}

TEST(VerdictTest, SkippedSaysWhy) {
  Verdict verdict;
  verdict.Skip("lars: not built");
  EXPECT_EQ(verdict.outcome(), Outcome::kSkipped);
  EXPECT_EQ(verdict.Describe(), "lars: not built");
}

TEST(VerdictTest, ManyFailuresAreCountedNotListed) {
  Verdict verdict;
  for (int i = 0; i < 9; ++i) verdict.Require(false, "property");
  EXPECT_THAT(verdict.Describe(), HasSubstr("and 5 more"));
}

}  // namespace
}  // namespace snclr
