// SPDX-License-Identifier: MIT
// Real processes of which one dies, stops, hangs, leaves or gives up: all
// others end, and say which; so does one that hangs.
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
using ::testing::Not;

std::vector<std::string> Flags(int64_t doomed, const std::string& deed,
                               int timeout_s) {
  return {absl::StrCat("--timeout=", timeout_s), "--end_within=2",
          absl::StrCat("--doomed=", doomed), absl::StrCat("--deed=", deed)};
}

// Four ranks of which `doomed` does the deed; the others' ends.
std::vector<RankEnd> Survivors(int64_t doomed, const std::string& deed,
                               int timeout_s) {
  RankProcesses ranks(4);
  ranks.StartAll(Flags(doomed, deed, timeout_s));
  std::vector<RankEnd> ends = ranks.Wait(/*except=*/doomed);
  ends.erase(ends.begin() + doomed);
  return ends;
}

void ExpectSays(const RankEnd& end, const std::string& who,
                const std::string& what) {
  EXPECT_TRUE(end.ended) << end.output;
  EXPECT_EQ(end.exit_status, 1) << end.output;
  EXPECT_THAT(end.output, HasSubstr(absl::StrCat("error: ", who, " (")));
  EXPECT_THAT(end.output, HasSubstr(what));
}

void ExpectAllSay(const std::vector<RankEnd>& ends, const std::string& who,
                  const std::string& what) {
  for (const RankEnd& end : ends) ExpectSays(end, who, what);
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

// A hanging main thread reads no verdict; its process ends all the same.
TEST(LostRankTest, AHangingRankIsNamedAndEndsToo) {
  RankProcesses ranks(4);
  ranks.StartAll(Flags(3, "hang", 3));
  const std::vector<RankEnd> ends = ranks.Wait();
  ExpectAllSay(ends, "rank 3",
               "is alive but has not begun exchange 6, for which rank ");
  for (int64_t rank = 0; rank < 4; ++rank) {
    const auto forced = HasSubstr("did not end within 2 s of knowing that");
    if (rank == 3) {
      EXPECT_THAT(ends[rank].output, forced);
    } else {
      EXPECT_THAT(ends[rank].output, Not(forced));
    }
  }
}

TEST(LostRankTest, HangingRankZeroIsNamedAndEndsToo) {
  RankProcesses ranks(4);
  ranks.StartAll(Flags(0, "hang", 3));
  ExpectAllSay(ranks.Wait(), "rank 0",
               "is alive but has not begun exchange 6, for which rank ");
}

// Rank 3 hangs when rank 0 is lost, with whom the verdicts are.
TEST(LostRankTest, AHangingRankEndsWithoutRankZero) {
  for (const std::string deed : {"kill", "stop"}) {
    RankProcesses ranks(4);
    ranks.Start(0, Flags(0, deed, 3));
    for (const int64_t rank : {1, 2, 3}) ranks.Start(rank, Flags(3, "hang", 3));
    const std::vector<RankEnd> ends = ranks.Wait(/*except=*/0);
    for (const int64_t rank : {1, 2, 3}) {
      ExpectSays(ends[rank], "rank 0", "which keeps the meeting point, has ");
    }
  }
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
