// SPDX-License-Identifier: MIT
#include "data/sources/shard_pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "data/testing/test_images.h"

namespace snclr {
namespace {

using Strings = std::vector<std::string>;

TEST(ExpandBracesTest, CountsWithLeadingZeros) {
  EXPECT_EQ(*ExpandBraces("a-{008..011}.tar"),
            Strings({"a-008.tar", "a-009.tar", "a-010.tar", "a-011.tar"}));
  EXPECT_EQ(*ExpandBraces("{9..11}"), Strings({"9", "10", "11"}));
  EXPECT_EQ(*ExpandBraces("{0..0}"), Strings({"0"}));
}

TEST(ExpandBracesTest, ChoosesAndMultiplies) {
  EXPECT_EQ(*ExpandBraces("{a,b}/{1..2}.tar"),
            Strings({"a/1.tar", "a/2.tar", "b/1.tar", "b/2.tar"}));
  EXPECT_EQ(*ExpandBraces("plain.tar"), Strings({"plain.tar"}));
}

TEST(ExpandBracesTest, RefusesWhatIsNoRange) {
  for (const char* pattern : {"{1..", "1..2}", "{2..1}", "{a..b}",
                              "{0..99999999}", "{0..9999}{0..9999}"}) {
    EXPECT_EQ(ExpandBraces(pattern).status().code(),
              absl::StatusCode::kInvalidArgument)
        << pattern;
  }
}

TEST(FindShardsTest, MatchesPatternsSortedAndRangesInOrder) {
  const std::string root = MakeTestFolder("shards");
  for (const char* name : {"b-1.tar", "b-0.tar", "a-0.tar", "c.txt"}) {
    WriteTestFile(root + "/" + name, "x");
  }
  EXPECT_EQ(*FindShards(root + "/*.tar", "f"),
            Strings({root + "/a-0.tar", root + "/b-0.tar", root + "/b-1.tar"}));
  EXPECT_EQ(*FindShards(root + "/b-{0..1}.tar", "f"),
            Strings({root + "/b-0.tar", root + "/b-1.tar"}));
}

TEST(FindShardsTest, AMissingShardIsNamedWithTheField) {
  const std::string root = MakeTestFolder("shards_missing");
  WriteTestFile(root + "/b-0.tar", "x");
  const absl::Status status =
      FindShards(root + "/b-{0..1}.tar", "data.webdataset.train_shards")
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(
      absl::StrContains(status.message(), "data.webdataset.train_shards"));
  EXPECT_TRUE(absl::StrContains(status.message(), root + "/b-1.tar"));
  EXPECT_EQ(FindShards(root + "/*.none", "f").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace snclr
