// SPDX-License-Identifier: MIT
#include "experiments/proto/field_rules.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <limits>

#include "experiments/proto/kitchen.pb.h"

namespace snclr {
namespace {

KitchenSpec FromText(const std::string& text) {
  KitchenSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec));
  return spec;
}

KitchenSpec Filled(const std::string& text) {
  KitchenSpec spec = FromText(text);
  Problems problems;
  FillDefaults(&spec, &problems);
  EXPECT_TRUE(problems.empty()) << problems.status();
  return spec;
}

std::string Check(const KitchenSpec& spec) {
  Problems problems;
  CheckRules(spec, Places("k"), &problems);
  return std::string(problems.status().message());
}

TEST(FillDefaultsTest, GivesLeavesTheirValueAndLeavesOthersUnset) {
  const KitchenSpec spec = Filled("");
  EXPECT_EQ(spec.count(), UINT64_MAX);
  EXPECT_EQ(spec.heat(), GENTLE);
  EXPECT_TRUE(spec.has_open());
  EXPECT_FALSE(spec.has_small());
  EXPECT_FALSE(spec.has_name());
  EXPECT_FALSE(spec.has_second_oven());
}

TEST(FillDefaultsTest, KeepsWhatIsSetToZero) {
  EXPECT_EQ(Filled("count: 0").count(), 0);
}

TEST(FillDefaultsTest, LaysAMessagesDefaultBelowWhatIsSetAndAboveItsFields) {
  const KitchenSpec untouched = Filled("");
  EXPECT_EQ(untouched.oven().racks(), 3);  // the default of the field
  EXPECT_FALSE(untouched.oven().fan());
  EXPECT_EQ(untouched.oven().minutes(),
            5);  // the default of the message's field
  const KitchenSpec set = Filled("oven { fan: true }");
  EXPECT_TRUE(set.oven().fan());
  EXPECT_EQ(set.oven().racks(), 3);
}

TEST(FillDefaultsTest, FillsAMessageWithoutDefaultOnlyWhereItIsSet) {
  EXPECT_EQ(Filled("second_oven {}").second_oven().racks(), 2);
  EXPECT_EQ(Filled("pans {} pans { diameter_cm: 9 }").pans(0).diameter_cm(),
            24);
}

TEST(FillDefaultsTest, FillsTheChosenArmOfAOneofAndChoosesNone) {
  EXPECT_EQ(Filled("").main_dish_case(), KitchenSpec::MAIN_DISH_NOT_SET);
  const KitchenSpec roast = Filled("roast {}");
  EXPECT_EQ(roast.main_dish_case(), KitchenSpec::kRoast);
  EXPECT_EQ(roast.roast().racks(), 2);
}

TEST(CheckRulesTest, NamesMissingRequiredFieldsWhereTheirMessageIs) {
  KitchenSpec spec = FromText("pancake { diameter_cm: 3 } pans {}");
  Places places("k");
  places.Set("pancake", "k:4:2");
  Problems problems;
  CheckRules(spec, places, &problems);
  EXPECT_EQ(problems.status().message(),
            "k: name: must be set\n"
            "k:4:2: pancake.maker: must be set\n"
            "k: pans[0].maker: must be set");
}

TEST(CheckRulesTest, IsSilentAboutARequiredFieldThatWasSetWrongly) {
  Places places("k");
  places.Set("name", "k:1:1");
  Problems problems;
  CheckRules(KitchenSpec(), places, &problems);
  EXPECT_TRUE(problems.empty()) << problems.status();
}

TEST(CheckRulesTest, ARequiredTextMustNotBeEmpty) {
  EXPECT_EQ(Check(FromText("name: \"\"")), "k: name: must not be empty");
}

TEST(CheckRulesTest, KeepsNumbersWithinTheirBounds) {
  EXPECT_EQ(Check(FromText("name: \"x\" roast { racks: 1 minutes: 0 }")), "");
  EXPECT_EQ(Check(FromText("name: \"x\" roast { racks: 4 minutes: 59.9 }")),
            "");
  EXPECT_EQ(Check(FromText("name: \"x\" roast { racks: 0 minutes: 60 }")),
            "k: roast.racks: must be at least 1 and at most 4, is 0\n"
            "k: roast.minutes: must be at least 0 and below 60, is 60");
  EXPECT_EQ(Check(FromText("name: \"x\" salt_g: -0.5 pancake { maker: \"m\" "
                           "diameter_cm: 0 }")),
            "k: salt_g: must be at least 0, is -0.5\n"
            "k: pancake.diameter_cm: must be above 0 and at most 50, is 0");
}

TEST(CheckRulesTest, RefusesNumbersThatAreNotFiniteAndUnknownEnums) {
  KitchenSpec spec = FromText("name: \"x\"");
  spec.set_salt_g(std::numeric_limits<double>::quiet_NaN());
  spec.set_weight_kg(std::numeric_limits<float>::infinity());
  spec.set_heat(HEAT_UNSPECIFIED);
  EXPECT_EQ(Check(spec),
            "k: weight_kg: must be a finite number\n"
            "k: salt_g: must be a finite number\n"
            "k: heat: wanted one of GENTLE, FIERCE, is 0");
}

TEST(ClearNeutralFieldsTest, ClearsThemEverywhereAndNothingElse) {
  KitchenSpec spec = FromText("name: \"x\" open: true");
  ClearNeutralFields(&spec);
  EXPECT_FALSE(spec.has_open());
  EXPECT_EQ(spec.name(), "x");
}

TEST(IsNeutralPathTest, HoldsForAFieldAndWhatIsBelowIt) {
  const auto& kitchen = *KitchenSpec::descriptor();
  EXPECT_TRUE(IsNeutralPath(kitchen, "open"));
  EXPECT_FALSE(IsNeutralPath(kitchen, "oven.fan"));
  EXPECT_FALSE(IsNeutralPath(kitchen, "pans[1].maker"));
  EXPECT_FALSE(IsNeutralPath(kitchen, "no.such.field"));
}

}  // namespace
}  // namespace snclr
