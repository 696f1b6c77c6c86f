// SPDX-License-Identifier: MIT
#include "tools/compare/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Whether the only condition of `text` holds for `value`.
bool HoldsFor(const std::string& text, const std::string& value) {
  const auto conditions = ParseConditions(text);
  EXPECT_TRUE(conditions.ok()) << conditions.status();
  EXPECT_EQ(conditions->size(), 1u) << text;
  return Holds(conditions->at(0), value);
}

TEST(ConditionTest, CommasAndTheWordAndSeparate) {
  for (const std::string text :
       {"method=snclr,seed>=2,name=a*", "method = snclr AND seed >= 2, name=a*",
        " method=snclr and seed>=2 And name=a* "}) {
    const auto conditions = ParseConditions(text);
    ASSERT_TRUE(conditions.ok()) << conditions.status();
    ASSERT_EQ(conditions->size(), 3u) << text;
    EXPECT_EQ(conditions->at(0).field, "method");
    EXPECT_EQ(conditions->at(0).value, "snclr");
    EXPECT_EQ(conditions->at(1).op, Operator::kGreaterOrEqual);
    EXPECT_EQ(conditions->at(2).value, "a*");
  }
  EXPECT_THAT(*ParseConditions(""), IsEmpty());
}

TEST(ConditionTest, AWordThatOnlyContainsAndIsNone) {
  EXPECT_TRUE(HoldsFor("name=sand and", "sand and"));
}

TEST(ConditionTest, QuotesKeepCommas) {
  EXPECT_TRUE(HoldsFor("name=\"a, b AND c\"", "a, b AND c"));
}

TEST(ConditionTest, NumbersAreEqualHoweverTheyAreWritten) {
  EXPECT_TRUE(HoldsFor("lr=1e-4", "0.0001"));
  EXPECT_FALSE(HoldsFor("lr!=1e-4", "0.0001"));
  EXPECT_FALSE(HoldsFor("lr=1e-4", "0.001"));
}

TEST(ConditionTest, TextsMatchWithWildcards) {
  EXPECT_TRUE(HoldsFor("name=quick*", "quickstart"));
  EXPECT_FALSE(HoldsFor("name=quick", "quickstart"));
  EXPECT_TRUE(HoldsFor("name!=quick*", "slow"));
  EXPECT_TRUE(HoldsFor("name==run?", "run7"));
  EXPECT_TRUE(HoldsFor("sizes=[1]", "[1]"));
}

TEST(ConditionTest, OrderComparesNumbersAndOnlyThem) {
  EXPECT_TRUE(HoldsFor("k>=5", "5"));
  EXPECT_FALSE(HoldsFor("k>5", "5"));
  EXPECT_TRUE(HoldsFor("k<10", "9"));  // as texts it would not
  EXPECT_TRUE(HoldsFor("k<=5", "5"));
  EXPECT_FALSE(HoldsFor("k<5", "many"));
}

TEST(ConditionTest, AFieldThatARunDoesNotHaveIsEmpty) {
  EXPECT_FALSE(HoldsFor("k<5", ""));
  EXPECT_FALSE(HoldsFor("k=5", ""));
  EXPECT_TRUE(HoldsFor("k!=5", ""));
  EXPECT_TRUE(HoldsFor("k=", ""));
}

TEST(ConditionTest, SaysWhatIsWrong) {
  for (const std::string text :
       {"method", "=snclr", "lr>high", "name=\"open"}) {
    const auto conditions = ParseConditions(text);
    EXPECT_TRUE(absl::IsInvalidArgument(conditions.status())) << text;
    EXPECT_THAT(std::string(conditions.status().message()), HasSubstr(text));
    EXPECT_THAT(std::string(conditions.status().message()),
                HasSubstr("--where"));
  }
}

}  // namespace
}  // namespace snclr
