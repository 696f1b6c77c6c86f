// SPDX-License-Identifier: MIT
#include "experiments/proto/field_text.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "experiments/proto/kitchen.pb.h"

namespace snclr {
namespace {

const google::protobuf::FieldDescriptor& Field(const std::string& name) {
  return *KitchenSpec::descriptor()->FindFieldByName(name);
}

std::string Set(const std::string& name, const std::string& text,
                KitchenSpec* spec) {
  return std::string(SetFieldFromText(Field(name), text, spec).message());
}

TEST(SetFieldFromTextTest, ReadsEveryType) {
  KitchenSpec spec;
  EXPECT_EQ(Set("name", "two words", &spec), "");
  EXPECT_EQ(Set("small", "-2147483648", &spec), "");
  EXPECT_EQ(Set("large", "-9223372036854775808", &spec), "");
  EXPECT_EQ(Set("small_count", "4294967295", &spec), "");
  EXPECT_EQ(Set("count", "18446744073709551615", &spec), "");
  EXPECT_EQ(Set("weight_kg", "0.5", &spec), "");
  EXPECT_EQ(Set("salt_g", "-1.5e-4", &spec), "");
  EXPECT_EQ(Set("open", "true", &spec), "");
  EXPECT_EQ(Set("heat", "FIERCE", &spec), "");
  EXPECT_EQ(spec.name(), "two words");
  EXPECT_EQ(spec.small(), INT32_MIN);
  EXPECT_EQ(spec.large(), INT64_MIN);
  EXPECT_EQ(spec.small_count(), UINT32_MAX);
  EXPECT_EQ(spec.count(), UINT64_MAX);
  EXPECT_EQ(spec.weight_kg(), 0.5f);
  EXPECT_EQ(spec.salt_g(), -1.5e-4);
  EXPECT_TRUE(spec.open());
  EXPECT_EQ(spec.heat(), FIERCE);
}

TEST(SetFieldFromTextTest, AppendsToARepeatedField) {
  KitchenSpec spec;
  EXPECT_EQ(Set("shelves", "3", &spec), "");
  EXPECT_EQ(Set("shelves", "-4", &spec), "");
  ASSERT_EQ(spec.shelves_size(), 2);
  EXPECT_EQ(spec.shelves(1), -4);
}

TEST(SetFieldFromTextTest, SaysWhatItWantedAndLeavesTheFieldAlone) {
  KitchenSpec spec;
  EXPECT_EQ(Set("small", "2147483648", &spec),
            "wanted a whole number of 32 bits, got '2147483648'");
  EXPECT_EQ(Set("large", "1.5", &spec), "wanted a whole number, got '1.5'");
  EXPECT_EQ(Set("count", "-1", &spec),
            "wanted a whole number, not negative, got '-1'");
  EXPECT_EQ(Set("salt_g", "much", &spec), "wanted a number, got 'much'");
  EXPECT_EQ(Set("salt_g", "nan", &spec), "wanted a number, got 'nan'");
  EXPECT_EQ(Set("salt_g", "1e999", &spec), "wanted a number, got '1e999'");
  EXPECT_EQ(Set("open", "yes", &spec), "wanted true or false, got 'yes'");
  EXPECT_EQ(
      Set("heat", "gentle", &spec),
      "wanted one of GENTLE, FIERCE, got 'gentle'; did you mean 'GENTLE'?");
  EXPECT_EQ(Set("heat", "HEAT_UNSPECIFIED", &spec),
            "wanted one of GENTLE, FIERCE, got 'HEAT_UNSPECIFIED'");
  EXPECT_EQ(Set("oven", "hot", &spec),
            "wanted fields in braces, { field: value }, got 'hot'");
  EXPECT_EQ(spec.ByteSizeLong(), 0);
}

TEST(FieldToTextTest, GivesWhatSetFieldReads) {
  KitchenSpec spec;
  for (const auto& [name, text] :
       std::vector<std::pair<std::string, std::string>>{
           {"name", "a \"b\""},
           {"small", "-7"},
           {"count", "18446744073709551615"},
           {"salt_g", "0.00015"},
           {"open", "false"},
           {"heat", "FIERCE"}}) {
    ASSERT_EQ(Set(name, text, &spec), "");
    EXPECT_EQ(FieldToText(spec, Field(name)), text);
  }
  spec.add_shelves(1);
  spec.add_shelves(2);
  EXPECT_EQ(FieldToText(spec, Field("shelves"), 1), "2");
}

TEST(NumberToTextTest, IsShortAndExact) {
  EXPECT_EQ(NumberToText(0.1), "0.1");
  EXPECT_EQ(NumberToText(300), "300");
  EXPECT_EQ(NumberToText(1e-8), "1e-08");
  for (const double hard : {0.1 + 0.2, 1.0 / 3, 1.7976931348623157e308}) {
    EXPECT_EQ(std::stod(NumberToText(hard)), hard);
  }
}

}  // namespace
}  // namespace snclr
