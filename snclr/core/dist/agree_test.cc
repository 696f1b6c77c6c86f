// SPDX-License-Identifier: MIT
#include "snclr/core/dist/agree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/dist/thread_group_testing.h"

namespace snclr {
namespace {

std::string TextOf(int64_t rank) {
  return rank == 1 ? "" : std::string(rank + 1, static_cast<char>('a' + rank));
}

TEST(AgreeTest, TextsOfAnyLengthReachAll) {
  OnRanks(4, [](ProcessGroup& group) {
    const auto texts = TextsOfAll(TextOf(group.rank()), group);
    ASSERT_TRUE(texts.ok()) << texts.status();
    EXPECT_EQ(*texts, (std::vector<std::string>{"a", "", "ccc", "dddd"}));
    const auto first = TextOfRankZero(TextOf(group.rank()), group);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(*first, "a");
    EXPECT_EQ(TextsOfAll("", group)->size(), 4u);
  });
}

TEST(AgreeTest, OneRanksErrorIsEveryRanks) {
  OnRanks(3, [](ProcessGroup& group) {
    EXPECT_TRUE(Agree(absl::OkStatus(), group).ok());
    const absl::Status own =
        group.rank() == 0 ? absl::OkStatus()
                          : absl::DataLossError(absl::StrCat(
                                "no image ", group.rank(), " can be read"));
    EXPECT_EQ(Agree(own, group),
              absl::DataLossError("rank 1: no image 1 can be read"));
  });
}

TEST(AgreeTest, ADifferenceIsNamed) {
  OnRanks(3, [](ProcessGroup& group) {
    EXPECT_TRUE(CheckSameOnAll("the training images", "f00", group).ok());
    EXPECT_EQ(CheckSameOnAll("the training images",
                             group.rank() == 2 ? "bad" : "f00", group),
              absl::FailedPreconditionError(
                  "rank 2 has the training images bad, rank 0 f00"));
  });
}

TEST(AgreeTest, AProcessAloneSaysItsOwn) {
  SingleProcess group;
  EXPECT_EQ(*TextOfRankZero("x", group), "x");
  EXPECT_EQ(Agree(absl::NotFoundError("y"), group), absl::NotFoundError("y"));
  EXPECT_TRUE(CheckSameOnAll("spec", "z", group).ok());
}

}  // namespace
}  // namespace snclr
