// SPDX-License-Identifier: MIT
// Groups of real processes that come together, exchange, and do not find each
// other.
#include "snclr/core/dist/join_group.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "snclr/core/dist/rank_processes_testing.h"

namespace snclr {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
    ExpectError(end, 1, "missing: ranks 1, 3. Check");
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
  const RankEnd end = ranks.Wait()[0];
  ExpectError(end, 2, "no host is called 'no-such-host.invalid'");
  EXPECT_THAT(end.output, Not(HasSubstr("waited")));
}

TEST(JoinGroupTest, RefusesTwoProcessesOfOneRank) {
  RankProcesses ranks(3);
  for (const int64_t rank : {0, 1, 1}) ranks.Start(rank, kJoin);
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 2, "two processes are rank 1: process ");
  }
}

// Rank 0 knows of no rank 2, nor when it comes.
TEST(JoinGroupTest, RefusesTwoWorldSizesAndTellsThoseWhoComeLate) {
  RankProcesses ranks(4);
  ranks.Start(0, kJoin, {{"WORLD_SIZE", "2"}, {"LOCAL_WORLD_SIZE", "2"}});
  ranks.Start(3, kJoin);
  ranks.WaitFor(1);
  ranks.Start(2, kJoin);
  for (const RankEnd& end : ranks.Wait()) {
    ExpectError(end, 2, "was told of 4 ranks, rank 0 (");
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

// Something else at the ranks' port: takes connections and, unless silent,
// answers each with `answer` and closes it.
class Stranger {
 public:
  Stranger(int port, bool silent, std::string answer)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    address.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(
        bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    EXPECT_EQ(listen(socket_, 5), 0);
    if (silent) return;
    thread_ = std::thread([this, answer] {
      for (;;) {
        const int one = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (one < 0) return;
        send(one, answer.data(), answer.size(), MSG_NOSIGNAL);
        close(one);
      }
    });
  }
  ~Stranger() {
    shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    close(socket_);
  }

 private:
  const int socket_;
  std::thread thread_;
};

// Nobody waits for long, though ranks that are missing would be waited for.
const std::vector<std::string> kPatient = {"--role=join", "--join_timeout=600"};

TEST(JoinGroupTest, ATakenPortIsNamedAndHangsNobody) {
  RankProcesses ranks(2);
  const Stranger stranger(ranks.port(), /*silent=*/true, "");
  ranks.StartAll(kPatient);
  const std::vector<RankEnd> ends = ranks.Wait();
  ExpectError(ends[0], 2, "error: rank 0 cannot listen at port ");
  ExpectError(ends[1], 1, "error: rank 1 got no answer for ");
  ExpectError(ends[1], 1, "Something else than rank 0 of this run listens");
}

TEST(JoinGroupTest, ATakenPortWhoseOwnerAnswersIsNamed) {
  for (const std::string answer : {"", "SSH-2.0-OpenSSH_9.9\r\n"}) {
    RankProcesses ranks(2);
    const Stranger stranger(ranks.port(), /*silent=*/false, answer);
    ranks.Start(1, kPatient);
    const RankEnd end = ranks.Wait()[0];
    ExpectError(end, 1, "omething else than rank 0 of this run listens ");
    EXPECT_THAT(end.output, Not(HasSubstr("ASSERT")));
    EXPECT_THAT(end.output, Not(HasSubstr("gone")));
  }
}

TEST(JoinGroupTest, RanksThatWaitSayForWhom) {
  RankProcesses ranks(3);
  // The first process of its host speaks for the others there.
  for (const int64_t rank : {0, 2}) {
    ranks.Start(rank, kJoin, {{"LOCAL_RANK", "0"}});
  }
  ranks.Start(1, {"--role=join", "--join_timeout=30", "--delay=14"});
  const std::vector<RankEnd> ends = ranks.Wait();
  for (const RankEnd& end : ends) ExpectError(end, 0, "done: rank ");
  for (const int64_t i : {0, 1}) {
    EXPECT_THAT(ends[i].output, HasSubstr("waiting for rank 1 of 3 to come to "
                                          "127.0.0.1:"));
  }
}

// A launcher starts rank 1 again while rank 0 of the attempt before still
// hangs.
TEST(JoinGroupTest, RanksStartedAgainWaitForTheEndOfTheAttemptBefore) {
  RankProcesses ranks(2);
  for (const int64_t rank : {0, 1}) {
    ranks.Start(rank,
                {"--timeout=2", "--end_within=5", "--doomed=0", "--deed=hang"});
  }
  ranks.WaitFor(1);
  ranks.Start(1, kJoin);
  ranks.WaitFor(0);
  ranks.Start(0, kJoin);
  const std::vector<RankEnd> ends = ranks.Wait();
  for (const int64_t i : {0, 1}) ExpectError(ends[i], 1, "error: rank 0 (");
  for (const int64_t i : {2, 3}) ExpectError(ends[i], 0, "done: rank ");
}

TEST(JoinGroupTest, AnIpv6AddressMayStandInBrackets) {
  RankProcesses ranks(2);
  for (const int64_t rank : {0, 1}) {
    ranks.Start(rank, kJoin, {{"MASTER_ADDR", "[::1]"}});
  }
  for (const RankEnd& end : ranks.Wait()) {
    if (end.output.find("Cannot assign") != std::string::npos) {
      GTEST_SKIP() << "no IPv6 here: " << end.output;
    }
    ExpectError(end, 0, "done: rank ");
  }
}

}  // namespace
}  // namespace snclr
