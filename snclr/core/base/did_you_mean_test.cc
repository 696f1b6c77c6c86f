// SPDX-License-Identifier: MIT
#include "snclr/core/base/did_you_mean.h"

#include <gtest/gtest.h>

namespace snclr {
namespace {

const std::vector<std::string>& Names() {
  static const std::vector<std::string>* const names =
      new std::vector<std::string>{"base_lr",      "lr_scaling",  "neighbors",
                                   "weight_decay", "temperature", "bank"};
  return *names;
}

TEST(ClosestNameTest, FindsTyposOfEachKind) {
  EXPECT_EQ(ClosestName("neighbours", Names()), "neighbors");  // a letter more
  EXPECT_EQ(ClosestName("temprature", Names()), "temperature");     // one less
  EXPECT_EQ(ClosestName("weigth_decay", Names()), "weight_decay");  // swapped
  EXPECT_EQ(ClosestName("bonk", Names()), "bank");  // another one
}

TEST(ClosestNameTest, IgnoresCaseAndTheKindOfDash) {
  EXPECT_EQ(ClosestName("Weight-Decay", Names()), "weight_decay");
}

TEST(ClosestNameTest, CompletesABeginningAndFindsAWord) {
  EXPECT_EQ(ClosestName("temp", Names()), "temperature");
  EXPECT_EQ(ClosestName("lr", Names()), "base_lr");
}

TEST(ClosestNameTest, IsEmptyWhereNothingIsNear) {
  EXPECT_EQ(ClosestName("gamma_correction", Names()), "");
  EXPECT_EQ(ClosestName("k", Names()), "");
  EXPECT_EQ(ClosestName("", Names()), "");
  EXPECT_EQ(ClosestName("bank", {}), "");
}

TEST(ClosestNameTest, TakesTheNearestAndTheFirstOfEquals) {
  EXPECT_EQ(ClosestName("view3", {"view12", "view1", "view2"}), "view1");
}

TEST(DidYouMeanTest, IsTheEndOfAMessage) {
  EXPECT_EQ(DidYouMean("bnak", Names()), "; did you mean 'bank'?");
  EXPECT_EQ(DidYouMean("zebra", Names()), "");
}

}  // namespace
}  // namespace snclr
