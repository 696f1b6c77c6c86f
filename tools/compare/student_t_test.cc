// SPDX-License-Identifier: MIT
#include "tools/compare/student_t.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace snclr {
namespace {

constexpr double kTable = 5e-4;  // three decimals, as tables print them
constexpr double kClosedForm = 1e-12;

TEST(StudentTTest, CriticalValuesAreThoseOfThePrintedTables) {
  EXPECT_NEAR(StudentTCritical(0.95, 1), 12.706, kTable);
  EXPECT_NEAR(StudentTCritical(0.95, 2), 4.303, kTable);
  EXPECT_NEAR(StudentTCritical(0.95, 4), 2.776, kTable);
  EXPECT_NEAR(StudentTCritical(0.95, 9), 2.262, kTable);
  EXPECT_NEAR(StudentTCritical(0.95, 30), 2.042, kTable);
  EXPECT_NEAR(StudentTCritical(0.99, 2), 9.925, kTable);
  EXPECT_NEAR(StudentTCritical(0.90, 5), 2.015, kTable);
  EXPECT_NEAR(StudentTCritical(0.95, 1e9), 1.960, kTable);  // the normal's
}

TEST(StudentTTest, PValuesAreTheClosedFormsOfOneAndTwoDegrees) {
  const double pi = std::acos(-1.0);
  for (const double t : {0.0, 0.1, 1.0, 4.303, 50.0, 1e4}) {
    EXPECT_NEAR(StudentTPValue(t, 1), 1 - 2 / pi * std::atan(t), kClosedForm);
    EXPECT_NEAR(StudentTPValue(t, 2), 1 - t / std::sqrt(2 + t * t),
                kClosedForm);
    EXPECT_EQ(StudentTPValue(-t, 2), StudentTPValue(t, 2));
  }
}

TEST(StudentTTest, ThePValueOfACriticalValueIsWhatConfidenceLeaves) {
  for (const double degrees : {1.0, 2.5, 17.776, 200.0}) {
    for (const double confidence : {0.5, 0.9, 0.95, 0.999}) {
      EXPECT_NEAR(
          StudentTPValue(StudentTCritical(confidence, degrees), degrees),
          1 - confidence, 1e-9);
    }
  }
}

TEST(StudentTTest, FarOutThePValueIsSmallAndNotRoundedAway) {
  // 2 degrees: 1 - t / sqrt(2 + t^2) = 1 / t^2 for large t.
  EXPECT_NEAR(StudentTPValue(1e9, 2) * 1e18, 1, 1e-6);
  EXPECT_EQ(StudentTPValue(std::numeric_limits<double>::infinity(), 2), 0);
}

TEST(StudentTTest, ArgumentsThatMakeNoSenseGiveNoNumber) {
  EXPECT_TRUE(std::isnan(StudentTCritical(1, 3)));
  EXPECT_TRUE(std::isnan(StudentTCritical(0, 3)));
  EXPECT_TRUE(std::isnan(StudentTCritical(0.95, 0)));
  EXPECT_TRUE(std::isnan(StudentTPValue(1, 0)));
  EXPECT_TRUE(std::isnan(StudentTPValue(std::nan(""), 3)));
}

}  // namespace
}  // namespace snclr
