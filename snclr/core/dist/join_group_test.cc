// SPDX-License-Identifier: MIT
// Groups of real processes that come together, exchange, and do not find each
// other.
#include "snclr/core/dist/join_group.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snclr/core/dist/rank_processes_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kJoin = {"--role=join", "--join_timeout=30"};

void ExpectError(const RankEnd& end, int exit_status,
                 const std::string& message) {
  EXPECT_TRUE(end.ended) << end.output;
  EXPECT_EQ(end.exit_status, exit_status) << end.output;
  EXPECT_THAT(end.output, HasSubstr(message));
}

TEST(JoinGroupTest, OneProcessNeedsNoNetwork) {
  GroupOptions options;
  options.place.address = "nowhere.invalid";
  const auto group = JoinGroup(options);
  ASSERT_TRUE(group.ok()) << group.status();
  EXPECT_EQ((*group)->size(), 1);
}

TEST(JoinGroupTest, NcclNeedsAProgramWithCuda) {
  GroupOptions options;
  options.backend = GroupOptions::Backend::kNccl;
  const auto group = JoinGroup(options);
  ASSERT_FALSE(group.ok());
  EXPECT_EQ(group.status().code(), absl::StatusCode::kFailedPrecondition);
}

class GroupSizeTest : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(Sizes, GroupSizeTest, testing::Values(1, 2, 4));

TEST_P(GroupSizeTest, EveryCollectiveGivesTheKnownSums) {
  RankProcesses ranks(GetParam());
  ranks.StartAll({"--role=collectives"});
  for (const RankEnd& end : ranks.Wait()) ExpectError(end, 0, "done: rank ");
}

TEST(JoinGroupTest, NamesTheRanksThatDoNotCome) {
  RankProcesses ranks(4);
  const std::vector<std::string> flags = {"--role=join", "--join_timeout=3"};
  ranks.Start(0, flags);
  ranks.Start(2, flags);
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 1,
                "error: after 3 s 2 of 4 ranks have come to 127.0.0.1:");
    ExpectError(end, 1, "missing: rank 1, rank 3. Check");
  }
}

TEST(JoinGroupTest, SaysThatNobodyListens) {
  RankProcesses ranks(2);
  ranks.Start(1, {"--role=join", "--join_timeout=1"});
  ExpectError(ranks.Wait()[0], 1, "error: cannot reach rank 0 at 127.0.0.1:");
}

TEST(JoinGroupTest, SaysThatNoHostHasThatName) {
  RankProcesses ranks(2);
  ranks.Start(1, kJoin, {{"MASTER_ADDR", "no-such-host.invalid"}});
  ExpectError(ranks.Wait()[0], 2, "no host is called 'no-such-host.invalid'");
}

TEST(JoinGroupTest, RefusesTwoProcessesOfOneRank) {
  RankProcesses ranks(3);
  for (const int64_t rank : {0, 1, 1}) ranks.Start(rank, kJoin);
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 2, "two processes are rank 1: process ");
  }
}

TEST(JoinGroupTest, RefusesTwoWorldSizes) {
  RankProcesses ranks(2);
  ranks.Start(0, kJoin);
  ranks.Start(1, kJoin, {{"WORLD_SIZE", "3"}});
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 2, "was told of 3 ranks, rank 0 (");
  }
}

TEST(JoinGroupTest, RefusesRanksThatDisagree) {
  RankProcesses ranks(2);
  ranks.Start(0, {"--role=join", "--spec_hash=abc"});
  ranks.Start(1, {"--role=join", "--spec_hash=def"});
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 2, "differ in the spec: def and abc");
  }
}

TEST(JoinGroupTest, WrongVariablesAreTheUsersError) {
  RankProcesses ranks(2);
  ranks.Start(2, kJoin);
  ExpectError(ranks.Wait()[0], 2, "error: RANK is '2', but WORLD_SIZE is '2'");
}

// A stranger that takes connections and says nothing.
TEST(JoinGroupTest, ATakenPortIsNamedAndHangsNobody) {
  RankProcesses ranks(2);
  const int stranger = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  address.sin_port = htons(static_cast<uint16_t>(ranks.port()));
  ASSERT_EQ(
      bind(stranger, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  ASSERT_EQ(listen(stranger, 5), 0);
  ranks.StartAll({"--role=join", "--join_timeout=1"});
  const std::vector<RankEnd> ends = ranks.Wait();
  close(stranger);
  ExpectError(ends[0], 2, "error: rank 0 cannot listen at port ");
  ExpectError(ends[1], 1, "rank 1 ");
}

}  // namespace
}  // namespace snclr
