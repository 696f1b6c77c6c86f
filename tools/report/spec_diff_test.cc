// SPDX-License-Identifier: MIT
#include "tools/report/spec_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::IsEmpty;

TEST(DecidesNumbersTest, KnowsNeutralFieldsByTheirRule) {
  EXPECT_TRUE(DecidesNumbers("optimizer.base_lr"));
  EXPECT_TRUE(DecidesNumbers("snclr.bank.rows"));
  EXPECT_TRUE(DecidesNumbers("evaluation.knn.neighbors"));
  EXPECT_FALSE(DecidesNumbers("tracking.every_steps"));
  EXPECT_FALSE(DecidesNumbers("tracking.snapshots.every_epochs"));
  EXPECT_FALSE(DecidesNumbers("question"));
  EXPECT_FALSE(DecidesNumbers("seed"));
  EXPECT_FALSE(DecidesNumbers("name"));
  EXPECT_TRUE(DecidesNumbers("of.another.version"));
}

TEST(CommonSpecTest, IsTheMostCommonValueThenTheFirst) {
  const Parameters common = CommonSpec({{{"a", "1"}, {"b", "x"}},
                                        {{"a", "2"}, {"b", "y"}},
                                        {{"a", "2"}, {"c", "only here"}}});
  EXPECT_EQ(common.at("a"), "2");
  EXPECT_EQ(common.at("b"), "x");
  EXPECT_EQ(common.at("c"), "");
}

TEST(DiffFromTest, NamesBothSidesAndWhatIsMissing) {
  const auto differences = DiffFrom({{"a", "1"}, {"b", "2"}, {"d", "4"}},
                                    {{"a", "1"}, {"b", "3"}, {"c", "5"}});
  ASSERT_EQ(differences.size(), 3u);
  EXPECT_EQ(differences[0].path, "b");
  EXPECT_EQ(differences[0].value, "2");
  EXPECT_EQ(differences[0].common, "3");
  EXPECT_EQ(differences[1].path, "c");
  EXPECT_EQ(differences[1].value, "");
  EXPECT_EQ(differences[2].common, "");
  EXPECT_THAT(DiffFrom({{"a", "1"}}, {{"a", "1"}, {"c", ""}}), IsEmpty());
}

}  // namespace
}  // namespace snclr
