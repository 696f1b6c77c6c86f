// SPDX-License-Identifier: MIT
#include "experiments/proto/text_parser.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "experiments/proto/kitchen.pb.h"

namespace snclr {
namespace {

using google::protobuf::TextFormat;
using google::protobuf::util::MessageDifferencer;

struct Parsed {
  KitchenSpec spec;
  Places places{"k"};
  Problems problems;

  std::string message() const {
    return std::string(problems.status().message());
  }
};

Parsed Parse(const std::string& text, KitchenSpec over = {}) {
  Parsed parsed;
  parsed.spec = std::move(over);
  TextOrigin origin;
  origin.name = "k";
  origin.root = KitchenSpec::descriptor();
  ParseText(text, origin, &parsed.spec, &parsed.places, &parsed.problems);
  return parsed;
}

constexpr char kEverything[] = R"(
    # A comment.
    name: "a\n\"b\" \303\244" ' and c'
    small: -17; large: 0x1F, count: 010
    weight_kg: .5 salt_g: -1e-3
    open: true heat: FIERCE
    oven { racks: 4 fan: false }
    second_oven: < minutes: 3 >
    roast {}
    pans { maker: "x" } pans { maker: "y" }
    pans: [{ maker: "z" }, < >]
    shelves: 1 shelves: [2, -3] shelves: [])";

TEST(ParseTextTest, ReadsWhatProtobufReads) {
  KitchenSpec expected;
  ASSERT_TRUE(TextFormat::ParseFromString(kEverything, &expected));
  const Parsed parsed = Parse(kEverything);
  EXPECT_EQ(parsed.message(), "");
  EXPECT_TRUE(MessageDifferencer::Equals(parsed.spec, expected))
      << parsed.spec.DebugString();
}

TEST(ParseTextTest, RemembersWhereEachFieldWasSet) {
  const Parsed parsed = Parse("name: \"x\"\noven {\n  fan: true }");
  EXPECT_EQ(parsed.places.Find("name"), "k:1:1");
  EXPECT_EQ(parsed.places.Find("oven.fan"), "k:3:3");
  EXPECT_EQ(parsed.places.Find("oven.racks"), "k:2:1");
  EXPECT_EQ(parsed.places.Find("small"), "k");
}

TEST(ParseTextTest, RemembersEachElementOfAList) {
  const Parsed parsed = Parse(
      "pans { maker: \"x\" }\npans: [{},\n{ makre: \"y\" }]\n"
      "shelves: 1 shelves: [2,\n many]");
  EXPECT_EQ(parsed.places.Find("pans[0].maker"), "k:1:8");
  EXPECT_EQ(parsed.places.Find("pans[1].maker"), "k:2:8");
  EXPECT_EQ(parsed.places.Find("shelves[0]"), "k:4:10");
  EXPECT_EQ(parsed.places.Find("shelves[1]"), "k:4:22");
  EXPECT_EQ(parsed.message(),
            "k:3:3: pans[2].makre: no such field; did you mean "
            "'pans[2].maker'?\n"
            "k:5:2: shelves: wanted a whole number of 32 bits, got 'many'");
}

TEST(ParseTextTest, FillsOverWhatIsThere) {
  KitchenSpec over;
  over.set_name("old");
  over.mutable_oven()->set_racks(2);
  over.set_soup("leek");
  const Parsed parsed =
      Parse("oven { fan: true } pancake { maker: \"m\" }", over);
  EXPECT_EQ(parsed.message(), "");
  EXPECT_EQ(parsed.spec.name(), "old");
  EXPECT_EQ(parsed.spec.oven().racks(), 2);
  EXPECT_TRUE(parsed.spec.oven().fan());
  EXPECT_EQ(parsed.spec.main_dish_case(), KitchenSpec::kPancake);
}

TEST(ParseTextTest, GoesOnAfterEachProblemThatCanBePassedOver) {
  const Parsed parsed = Parse(R"(nmae: "x"
small: many
oven { rakcs: 4 racks: 3 }
heat: HOT
fridge { shelves: [1, {}] deep < a: "}" > } open: -true
salt_g: "2" name: 5
large: 3)");
  EXPECT_EQ(parsed.message(),
            "k:1:1: nmae: no such field; did you mean 'name'?\n"
            "k:2:8: small: wanted a whole number of 32 bits, got 'many'\n"
            "k:3:8: oven.rakcs: no such field; did you mean 'oven.racks'?\n"
            "k:4:7: heat: wanted one of GENTLE, FIERCE, got 'HOT'\n"
            "k:5:1: fridge: no such field\n"
            "k:5:51: open: wanted true or false, got '-true'\n"
            "k:6:9: salt_g: wanted a number, got \"2\"\n"
            "k:6:19: name: wanted a text in quotes, got '5'");
  EXPECT_EQ(parsed.spec.oven().racks(), 3);
  EXPECT_EQ(parsed.spec.large(), 3);
  EXPECT_TRUE(parsed.places.Has("name")) << "what was meant has a place";
}

TEST(ParseTextTest, RefusesAFieldSetTwiceAndTwoArmsOfAOneof) {
  EXPECT_EQ(Parse("small: 1\nsmall: 2 soup: \"a\" roast {}").message(),
            "k:2:1: small: set twice, first at k:1:1\n"
            "k:2:20: roast: only one of 'soup' and 'roast' may be set");
}

TEST(ParseTextTest, RefusesAMessageForAScalarAndTheReverse) {
  EXPECT_EQ(Parse("small { x: 1 } oven: 3 roast").message(),
            "k:1:7: small: wanted ':', got '{'");
  EXPECT_EQ(Parse("small: { x: 1 } oven: 3").message(),
            "k:1:8: small: wanted a whole number of 32 bits, got '{'\n"
            "k:1:23: oven: wanted fields in braces, { field: value }, got '3'");
}

TEST(ParseTextTest, StopsAtBrokenPunctuationWithOneLine) {
  EXPECT_EQ(Parse("oven {\n racks: 3").message(),
            "k:1:6: oven: this is never closed by '}'");
  EXPECT_EQ(Parse("small 3").message(), "k:1:7: small: wanted ':', got '3'");
  EXPECT_EQ(Parse("small:").message(),
            "k:1:7: small: wanted a whole number of 32 bits, got the end");
  EXPECT_EQ(Parse("}").message(), "k:1:1: wanted a field's name, got '}'");
  EXPECT_EQ(Parse("oven { 3 }").message(),
            "k:1:8: oven: wanted a field's name or '}', got '3'");
  EXPECT_EQ(Parse("pans: [{} {}]").message(),
            "k:1:11: pans: wanted ',' or ']', got '{'");
  EXPECT_EQ(Parse("fridge { a: 1").message(),
            "k:1:1: fridge: no such field\nk:1:8: this is never closed");
}

TEST(ParseTextTest, NamesWhatIsNoToken) {
  EXPECT_EQ(Parse("name: \"never closed\nsmall: 1").message().substr(0, 7),
            "k:1:20:");
  EXPECT_EQ(Parse("small: 10k").message().substr(0, 7), "k:1:10:");
}

TEST(ParseTextTest, AFlagHasNoLines) {
  Parsed parsed;
  const TextOrigin origin = {"--set=oven={rakcs: 1}", /*has_lines=*/false,
                             "oven", KitchenSpec::descriptor()};
  ParseText("rakcs: 1", origin, parsed.spec.mutable_oven(), &parsed.places,
            &parsed.problems);
  EXPECT_EQ(parsed.message(),
            "--set=oven={rakcs: 1}: oven.rakcs: no such field; did you mean "
            "'oven.racks'?");
}

}  // namespace
}  // namespace snclr
