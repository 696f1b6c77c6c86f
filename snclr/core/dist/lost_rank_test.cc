// SPDX-License-Identifier: MIT
// Real processes of which one dies, stops, hangs, leaves or gives up: all
// others end, and say which.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snclr/core/dist/rank_processes_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Four ranks of which `doomed` does the deed; the others' ends.
std::vector<RankEnd> Survivors(int64_t doomed, const std::string& deed,
                               int timeout_s) {
  RankProcesses ranks(4);
  ranks.StartAll({absl::StrCat("--timeout=", timeout_s),
                  absl::StrCat("--doomed=", doomed),
                  absl::StrCat("--deed=", deed)});
  std::vector<RankEnd> ends = ranks.Wait(/*except=*/doomed);
  ends.erase(ends.begin() + doomed);
  return ends;
}

void ExpectAllSay(const std::vector<RankEnd>& ends, const std::string& who,
                  const std::string& what) {
  for (const RankEnd& end : ends) {
    EXPECT_TRUE(end.ended) << end.output;
    EXPECT_EQ(end.exit_status, 1) << end.output;
    EXPECT_THAT(end.output, HasSubstr(absl::StrCat("error: ", who, " (")));
    EXPECT_THAT(end.output, HasSubstr(what));
  }
}

TEST(LostRankTest, AKilledRankIsNamed) {
  ExpectAllSay(Survivors(2, "kill", 60), "rank 2", "has not been heard of for");
}

TEST(LostRankTest, KilledRankZeroIsNamed) {
  ExpectAllSay(Survivors(0, "kill", 60), "rank 0",
               "which keeps the meeting point, has closed its connection");
}

TEST(LostRankTest, AStoppedRankIsNamed) {
  ExpectAllSay(Survivors(1, "stop", 3), "rank 1", "has not been heard of for");
}

TEST(LostRankTest, StoppedRankZeroIsNamed) {
  ExpectAllSay(Survivors(0, "stop", 3), "rank 0",
               "which keeps the meeting point, has not answered for");
}

TEST(LostRankTest, AHangingRankIsNamed) {
  ExpectAllSay(Survivors(3, "hang", 3), "rank 3",
               "is alive but has not begun exchange 6, for which rank ");
}

TEST(LostRankTest, ARankThatGivesUpSaysWhy) {
  for (const int64_t doomed : {0, 2}) {
    ExpectAllSay(Survivors(doomed, "abandon", 60),
                 absl::StrCat("rank ", doomed),
                 "gave up: step 7: the loss is not a number");
  }
}

TEST(LostRankTest, ARankThatLeavesEarlyIsNamed) {
  ExpectAllSay(Survivors(1, "leave", 60), "rank 1",
               "has ended and will not come to exchange 6");
}

}  // namespace
}  // namespace snclr
