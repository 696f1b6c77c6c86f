// SPDX-License-Identifier: MIT
#include "experiments/trainer/format.h"

#include <limits>

#include "gtest/gtest.h"

namespace snclr {
namespace {

TEST(FormatCountTest, GroupsThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
}

TEST(FormatTimeTest, HasTheTwoUnitsThatMatter) {
  EXPECT_EQ(FormatTime(absl::Milliseconds(420)), "0.4 s");
  EXPECT_EQ(FormatTime(absl::Seconds(48)), "48 s");
  EXPECT_EQ(FormatTime(absl::Seconds(151)), "2 min 31 s");
  EXPECT_EQ(FormatTime(absl::Seconds(3 * 3600 + 5 * 60 + 9)), "3 h 05 min");
  EXPECT_EQ(FormatTime(absl::Hours(52)), "2 d 4 h");
}

TEST(FormatTimeTest, RoundsIntoTheNextUnit) {
  EXPECT_EQ(FormatTime(absl::Milliseconds(9990)), "10 s");
  EXPECT_EQ(FormatTime(absl::Milliseconds(59700)), "1 min 00 s");
}

TEST(FormatLossTest, HasFourSignificantDigits) {
  EXPECT_EQ(FormatLoss(4.1249), "4.125");
  EXPECT_EQ(FormatLoss(12.345), "12.35");
  EXPECT_EQ(FormatLoss(0.5), "0.500");
  EXPECT_EQ(FormatLoss(0.012341), "0.01234");
  EXPECT_EQ(FormatLoss(0), "0.000");
  EXPECT_EQ(FormatLoss(12345), "12345");
  EXPECT_EQ(FormatLoss(-2.5), "-2.500");
  EXPECT_EQ(FormatLoss(std::numeric_limits<double>::quiet_NaN()), "nan");
}

TEST(FormatSpeedTest, IsWholeWhereThatIsEnough) {
  EXPECT_EQ(FormatSpeed(1234.4), "1,234");
  EXPECT_EQ(FormatSpeed(41.52), "41.5");
}

}  // namespace
}  // namespace snclr
