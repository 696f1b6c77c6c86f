// SPDX-License-Identifier: MIT
#include "snclr/core/dist/rendezvous.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace snclr {
namespace {

using Variables = std::map<std::string, std::string>;
using ::testing::HasSubstr;

Lookup From(const Variables& variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

Variables With(Variables variables, const Variables& more) {
  for (const auto& [name, value] : more) variables[name] = value;
  return variables;
}

const Variables kTorchrun = {{"RANK", "5"},
                             {"WORLD_SIZE", "8"},
                             {"LOCAL_RANK", "1"},
                             {"LOCAL_WORLD_SIZE", "4"},
                             {"MASTER_ADDR", "node01"},
                             {"MASTER_PORT", "29511"}};
const Variables kSrun = {{"SLURM_PROCID", "3"},
                         {"SLURM_STEP_NUM_TASKS", "5"},
                         {"SLURM_NTASKS", "8"},
                         {"SLURM_LOCALID", "1"},
                         {"SLURM_NODEID", "1"},
                         {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"},
                         {"SLURM_STEP_NODELIST", "node[07-08,11]"},
                         {"SLURM_JOB_NODELIST", "node[01-20]"},
                         {"SLURM_JOB_ID", "12345"},
                         {"SLURM_STEP_ID", "2"}};

TEST(FindRendezvousTest, TorchrunsVariablesComeFirst) {
  const auto place = FindRendezvous("", 0, From(With(kSrun, kTorchrun)));
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->rank, 5);
  EXPECT_EQ(place->size, 8);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->local_size, 4);
  EXPECT_EQ(place->address, "node01");
  EXPECT_EQ(place->port, 29511);
}

TEST(FindRendezvousTest, ATaskOfSrunMeetsAtItsStepsFirstHost) {
  const auto place = FindRendezvous("", 0, From(kSrun));
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->rank, 3);
  EXPECT_EQ(place->size, 5);
  EXPECT_EQ(place->local_rank, 1);
  EXPECT_EQ(place->local_size, 2);
  EXPECT_EQ(place->address, "node07");
  EXPECT_EQ(place->port, 20000 + 3452);
}

TEST(FindRendezvousTest, TheSpecsAddressAndPortWin) {
  for (const Variables& variables : {kTorchrun, kSrun}) {
    const auto place = FindRendezvous("10.0.0.9", 4000, From(variables));
    ASSERT_TRUE(place.ok()) << place.status();
    EXPECT_EQ(place->address, "10.0.0.9");
    EXPECT_EQ(place->port, 4000);
  }
}

TEST(FindRendezvousTest, AnIpv6AddressMayStandInBrackets) {
  const auto variables = With(kTorchrun, {{"MASTER_ADDR", "[fe80::1]"}});
  EXPECT_EQ(FindRendezvous("", 0, From(variables))->address, "fe80::1");
  EXPECT_EQ(FindRendezvous("[::1]", 0, From(variables))->address, "::1");
  EXPECT_EQ(FindRendezvous("::1", 0, From(variables))->address, "::1");
  EXPECT_EQ(Where(*FindRendezvous("[::1]", 7, From(variables))), "[::1]:7");
  EXPECT_EQ(Where(*FindRendezvous("node07", 7, From(variables))), "node07:7");
}

TEST(FindRendezvousTest, OneProcessNeedsNoPlace) {
  const std::vector<Variables> alone = {
      {},
      {{"WORLD_SIZE", "1"}},
      {{"RANK", ""}, {"WORLD_SIZE", ""}},
      {{"RANK", "0"}, {"WORLD_SIZE", "1"}},
      {{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}},
      // A shell of salloc.
      {{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "4"}},
      // A script of sbatch.
      {{"SLURM_JOB_ID", "7"}, {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}}};
  for (const Variables& variables : alone) {
    const auto place = FindRendezvous("node01", 29500, From(variables));
    ASSERT_TRUE(place.ok()) << place.status();
    EXPECT_EQ(place->rank, 0);
    EXPECT_EQ(place->size, 1);
    EXPECT_EQ(place->local_size, 1);
    EXPECT_EQ(place->address, "");
    EXPECT_EQ(place->port, 0);
  }
}

TEST(FindRendezvousTest, NamesTheVariableThatIsWrong) {
  struct Case {
    Variables variables;
    std::string message;
  };
  const std::vector<Case> cases = {
      {{{"RANK", "1"}}, "RANK is '1', but WORLD_SIZE is not set"},
      {{{"WORLD_SIZE", "4"}}, "WORLD_SIZE is '4', but RANK is not set"},
      {With(kTorchrun, {{"RANK", "8"}}),
       "RANK is '8', but WORLD_SIZE is '8': ranks go from 0 to 7"},
      {With(kTorchrun, {{"RANK", "-1"}}), "RANK is '-1'; wanted"},
      {With(kTorchrun, {{"RANK", "first"}}), "RANK is 'first'; wanted"},
      {With(kTorchrun, {{"WORLD_SIZE", "0"}}), "WORLD_SIZE is '0'; wanted"},
      {With(kTorchrun, {{"LOCAL_RANK", "4"}}), "process 4 of 4 on this host"},
      {With(kTorchrun, {{"LOCAL_WORLD_SIZE", "9"}}), "process 1 of 9"},
      {With(kTorchrun, {{"MASTER_ADDR", ""}}), "set MASTER_ADDR"},
      {With(kTorchrun, {{"MASTER_PORT", ""}}), "set MASTER_PORT"},
      {With(kTorchrun, {{"MASTER_PORT", "65536"}}), "MASTER_PORT is '65536'"},
      {With(kSrun, {{"SLURM_PROCID", "5"}}),
       "SLURM_PROCID is '5', but SLURM_STEP_NUM_TASKS is '5'"},
      {With(kSrun, {{"SLURM_JOB_ID", "x"}}), "SLURM_JOB_ID is 'x'"}};
  for (const Case& one : cases) {
    const auto place = FindRendezvous("", 0, From(one.variables));
    ASSERT_FALSE(place.ok()) << one.message;
    EXPECT_EQ(place.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(place.status().message()), HasSubstr(one.message));
  }
}

}  // namespace
}  // namespace snclr
