// SPDX-License-Identifier: MIT
#include "snclr/candidates.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr int64_t kBatch = 3;
constexpr int64_t kNeighbors = 2;
constexpr int64_t kDim = 4;

// One rank of two that plays the collectives from a script: the first AllGather
// gets `gathered[0]`, and so on. It notes what this rank sends.
class ScriptedRank final : public ProcessGroup {
 public:
  ScriptedRank(int64_t rank, std::vector<at::Tensor> gathered)
      : rank_(rank), gathered_(std::move(gathered)) {}

  int64_t rank() const override { return rank_; }
  int64_t size() const override { return 2; }
  at::Tensor AllGather(const at::Tensor& local) override {
    sent.push_back(local.clone());
    TORCH_CHECK(sent.size() <= gathered_.size(), "one gather too many");
    return gathered_[sent.size() - 1];
  }
  void AllReduceSum(at::Tensor&) override { TORCH_CHECK(false, "unexpected"); }
  void Broadcast(at::Tensor&, int64_t) override {
    TORCH_CHECK(false, "unexpected");
  }
  void Barrier() override { TORCH_CHECK(false, "unexpected"); }

  std::vector<at::Tensor> sent;

 private:
  const int64_t rank_;
  const std::vector<at::Tensor> gathered_;
};

NeighborBank Bank(uint64_t stream = 0) {
  return NeighborBank({20, kDim, RING}, 1, stream,
                      at::TensorOptions().dtype(at::kDouble));
}

bool Same(const at::Tensor& a, const at::Tensor& b) {
  return LargestDifference(a, b) == 0;
}

TEST(CandidatesTest, AloneColumnsAreTheOwnCandidates) {
  const auto keys = UnitDraws({kBatch, kDim}, 1);
  const auto bank = Bank();
  const auto neighbors = bank.TopK(keys, kNeighbors);
  SingleProcess alone;
  for (const BankScope scope : {LOCAL, GLOBAL}) {
    const auto candidates =
        GatherCandidates(keys, bank, {kNeighbors, true, scope}, alone);
    EXPECT_TRUE(
        Same(candidates.own, at::cat({keys.unsqueeze(1), neighbors.rows}, 1)));
    EXPECT_TRUE(Same(candidates.columns_global, candidates.own.flatten(0, 1)));
    EXPECT_TRUE(Same(candidates.pushed, keys));
    EXPECT_TRUE(Same(candidates.neighbors.rows, neighbors.rows));
  }
}

TEST(CandidatesTest, LocalBanksGatherWholeCandidatesAndPushOwnKeys) {
  const auto keys = UnitDraws({kBatch, kDim}, 1);
  const auto theirs = UnitDraws({kBatch, kNeighbors + 1, kDim}, 2);
  const auto bank = Bank(/*stream=*/1);
  const auto neighbors = bank.TopK(keys, kNeighbors);
  const auto own = at::cat({keys.unsqueeze(1), neighbors.rows}, 1);
  ScriptedRank group(1, {at::cat({theirs, own})});
  const auto candidates =
      GatherCandidates(keys, bank, {kNeighbors, true, LOCAL}, group);
  ASSERT_EQ(group.sent.size(), 1u);
  EXPECT_TRUE(Same(group.sent[0], own));
  EXPECT_TRUE(
      Same(candidates.columns_global, at::cat({theirs, own}).flatten(0, 1)));
  EXPECT_TRUE(Same(candidates.pushed, keys));
}

TEST(CandidatesTest, ASharedBankSendsIndicesAndGivesWhatOneRankWouldSee) {
  const auto keys_global = UnitDraws({2 * kBatch, kDim}, 1);
  const auto bank = Bank();
  SingleProcess alone;
  const CandidateOptions options{kNeighbors, true, GLOBAL};
  const auto whole = GatherCandidates(keys_global, bank, options, alone);

  ScriptedRank group(1, {keys_global, whole.neighbors.index});
  const auto candidates = GatherCandidates(
      keys_global.narrow(0, kBatch, kBatch), bank, options, group);
  ASSERT_EQ(group.sent.size(), 2u);
  EXPECT_TRUE(
      Same(group.sent[1], whole.neighbors.index.narrow(0, kBatch, kBatch)));
  EXPECT_TRUE(Same(candidates.own, whole.own.narrow(0, kBatch, kBatch)));
  EXPECT_TRUE(Same(candidates.pushed, keys_global));
  // The same columns, keys first: their order does not matter to Z.
  EXPECT_TRUE(Same(candidates.columns_global,
                   at::cat({keys_global, whole.neighbors.rows.flatten(0, 1)})));
}

TEST(CandidatesTest, OnlyKeysTravelWhereNeighborsAreNoNegatives) {
  const auto keys_global = UnitDraws({2 * kBatch, kDim}, 1);
  for (const BankScope scope : {LOCAL, GLOBAL}) {
    ScriptedRank group(0, {keys_global});
    const auto candidates =
        GatherCandidates(keys_global.narrow(0, 0, kBatch), Bank(),
                         {kNeighbors, false, scope}, group);
    EXPECT_EQ(group.sent.size(), 1u);
    EXPECT_TRUE(Same(candidates.columns_global, keys_global));
    EXPECT_EQ(candidates.pushed.size(0), scope == GLOBAL ? 2 * kBatch : kBatch);
  }
}

TEST(CandidatesTest, WithoutNeighborsTheBankIsNotAsked) {
  const auto keys = UnitDraws({kBatch, kDim}, 1);
  SingleProcess alone;
  const auto candidates =
      GatherCandidates(keys, Bank(), {0, true, LOCAL}, alone);
  EXPECT_TRUE(Same(candidates.own, keys.unsqueeze(1)));
  EXPECT_TRUE(Same(candidates.columns_global, keys));
  EXPECT_FALSE(candidates.neighbors.index.defined());
}

TEST(CandidatesTest, SurviveThePushThatFollows) {
  auto bank = Bank();
  SingleProcess alone;
  const auto candidates = GatherCandidates(UnitDraws({kBatch, kDim}, 1), bank,
                                           {kNeighbors, true, LOCAL}, alone);
  const auto before = candidates.columns_global.clone();
  bank.Push(UnitDraws({20, kDim}, 2));
  EXPECT_TRUE(Same(candidates.columns_global, before));
}

}  // namespace
}  // namespace snclr
