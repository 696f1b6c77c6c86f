// SPDX-License-Identifier: MIT
#include "snclr/core/neighbor_bank.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/topk.h>

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

const at::TensorOptions kDoubles = at::TensorOptions().dtype(at::kDouble);

NeighborBank MakeBank(int64_t rows, int64_t dim, BankWrap wrap = RING,
                      uint64_t stream = 0) {
  return NeighborBank({rows, dim, wrap}, /*seed=*/1, stream, kDoubles);
}

at::Tensor StateOf(const NeighborBank& bank, const std::string& name) {
  for (const NamedTensor& tensor : bank.State()) {
    if (tensor.name == name) return tensor.tensor;
  }
  TORCH_CHECK(false, "no state '", name, "'");
}

bool Same(const at::Tensor& a, const at::Tensor& b) {
  return LargestDifference(a, b) == 0;
}

// Row i of the bank is key j where entry i of the result is j, -1 where it is
// none of them.
std::vector<int64_t> WhereKeysLie(const NeighborBank& bank,
                                  const at::Tensor& keys) {
  const at::Tensor rows = StateOf(bank, "rows");
  std::vector<int64_t> held(rows.size(0), -1);
  for (int64_t i = 0; i < rows.size(0); ++i) {
    for (int64_t j = 0; j < keys.size(0); ++j) {
      if (Same(rows[i], keys[j])) held[i] = j;
    }
  }
  return held;
}

TEST(NeighborBankTest, BeginsWithUnitRowsThatSeedAndStreamDecide) {
  const auto rows = StateOf(MakeBank(1000, 16), "rows");
  EXPECT_LT(LargestDifference(rows.square().sum(1),
                              at::Tensor(rows.new_ones({1000}))),
            1e-14);
  // Uniform over the sphere: the mean of 1000 rows is near 0 in each coordinate
  // (its deviation is 1 / sqrt(16000)).
  EXPECT_LT(rows.mean(0).abs().max().item<double>(), 5 / std::sqrt(16000.0));
  EXPECT_TRUE(Same(rows, StateOf(MakeBank(1000, 16), "rows")));
  EXPECT_FALSE(Same(rows, StateOf(MakeBank(1000, 16, RING, 1), "rows")));
}

TEST(NeighborBankTest, FindsTheAxesThatAVectorLeansTo) {
  auto bank = MakeBank(4, 4);
  bank.Push(at::eye(4, at::kDouble));
  const auto query = UnitRows(at::tensor({0.1, 0.7, -0.9, 0.4}).view({1, 4}));
  const auto found = bank.TopK(query, 3);
  EXPECT_TRUE(Same(found.index, at::tensor({1, 3, 0}).view({1, 3})));
  EXPECT_TRUE(
      Same(found.similarity,
           query.index({at::tensor({0}), at::tensor({1, 3, 0})}).view({1, 3})));
  EXPECT_TRUE(Same(found.rows[0][0], at::eye(4, at::kDouble)[1]));
}

TEST(NeighborBankTest, FindsTheSameOverManyBlocksOfRows) {
  // 2^20 / 256 queries are 4096 rows a block: three of them, the last short.
  const auto bank = MakeBank(10000, 4);
  const auto queries = UnitDraws({256, 4}, 2);
  const auto [similarity, index] =
      at::topk(at::mm(queries, StateOf(bank, "rows").t()), 7, 1);
  const auto found = bank.TopK(queries, 7);
  EXPECT_TRUE(Same(found.index, index));
  EXPECT_LT(LargestDifference(found.similarity, similarity), 1e-15);
  EXPECT_TRUE(Same(found.rows, bank.Rows(index)));
}

TEST(NeighborBankTest, RingGoesOnAtTheBeginning) {
  auto bank = MakeBank(5, 3);
  const auto keys = UnitDraws({9, 3}, 2);
  bank.Push(keys.narrow(0, 0, 3));
  bank.Push(keys.narrow(0, 3, 3));
  EXPECT_EQ(WhereKeysLie(bank, keys), (std::vector<int64_t>{5, 1, 2, 3, 4}));
  bank.Push(keys.narrow(0, 6, 3));
  EXPECT_EQ(WhereKeysLie(bank, keys), (std::vector<int64_t>{5, 6, 7, 8, 4}));
}

TEST(NeighborBankTest, RingKeepsTheLastOfMoreKeysThanRows) {
  auto bank = MakeBank(3, 3);
  const auto keys = UnitDraws({8, 3}, 2);
  bank.Push(keys);
  EXPECT_EQ(WhereKeysLie(bank, keys), (std::vector<int64_t>{6, 7, 5}));
  EXPECT_EQ(StateOf(bank, "next_row").item<int64_t>(), 8 % 3);
}

TEST(NeighborBankTest, DropAtEndLosesWhatDoesNotFit) {
  auto bank = MakeBank(5, 3, DROP_AT_END);
  const auto keys = UnitDraws({9, 3}, 2);
  bank.Push(keys.narrow(0, 0, 3));
  bank.Push(keys.narrow(0, 3, 3));  // rows 3 and 4; key 5 is lost
  EXPECT_EQ(WhereKeysLie(bank, keys), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  bank.Push(keys.narrow(0, 6, 3));
  EXPECT_EQ(WhereKeysLie(bank, keys), (std::vector<int64_t>{6, 7, 8, 3, 4}));
}

TEST(NeighborBankTest, CopiesSurviveAPush) {
  auto bank = MakeBank(4, 3);
  const auto found = bank.TopK(UnitDraws({2, 3}, 2), 4);
  const auto before = found.rows.clone();
  bank.Push(UnitDraws({4, 3}, 3));
  EXPECT_TRUE(Same(found.rows, before));
}

TEST(NeighborBankTest, CountsAgesInPushesAndKnowsItsRandomRows) {
  auto bank = MakeBank(6, 3);
  const auto all = at::arange(6, at::kLong);
  EXPECT_EQ(bank.RandomShare().item<float>(), 1);
  EXPECT_EQ(bank.MeanAge(all).item<float>(), 0);
  bank.Push(UnitDraws({2, 3}, 1));
  bank.Push(UnitDraws({1, 3}, 2));  // rows 0, 1 are 2 old, row 2 is 1 old
  EXPECT_FLOAT_EQ(bank.MeanAge(all).item<float>(), 5.0f / 3);
  EXPECT_FLOAT_EQ(bank.RandomShare().item<float>(), 0.5f);
  const auto some = at::tensor({2, 3}, at::kLong).view({1, 2});
  EXPECT_FLOAT_EQ(bank.MeanAge(some).item<float>(), 1);
  EXPECT_FLOAT_EQ(bank.RandomShare(some).item<float>(), 0.5f);
}

TEST(NeighborBankTest, DroppedKeysDoNotMakeRowsYounger) {
  auto bank = MakeBank(3, 3, DROP_AT_END);
  bank.Push(UnitDraws({2, 3}, 1));
  bank.Push(UnitDraws({2, 3}, 2));  // row 2 alone
  EXPECT_TRUE(Same(StateOf(bank, "entered"), at::tensor({1, 1, 2}, at::kLong)));
}

TEST(NeighborBankTest, GoesOnFromItsStateInAnotherBank) {
  auto first = MakeBank(5, 3, DROP_AT_END);
  auto second = MakeBank(5, 3, DROP_AT_END, /*stream=*/1);
  first.Push(UnitDraws({3, 3}, 1));
  for (const NamedTensor& tensor : first.State()) {
    StateOf(second, tensor.name).copy_(tensor.tensor);
  }
  first.Push(UnitDraws({3, 3}, 2));
  second.Push(UnitDraws({3, 3}, 2));
  for (const NamedTensor& tensor : first.State()) {
    EXPECT_TRUE(Same(StateOf(second, tensor.name), tensor.tensor))
        << tensor.name;
  }
}

NeighborBank MakeBf16Bank(int64_t rows, int64_t dim, BankWrap wrap = RING) {
  return NeighborBank({rows, dim, wrap, /*bf16_rows=*/true}, /*seed=*/1,
                      /*stream=*/0, at::TensorOptions().dtype(at::kFloat));
}

TEST(NeighborBankTest, RowsInBfloat16AreTheOthersRounded) {
  for (const BankWrap wrap : {RING, DROP_AT_END}) {
    auto bank = MakeBf16Bank(7, 16, wrap);
    NeighborBank exact({7, 16, wrap}, 1, 0,
                       at::TensorOptions().dtype(at::kFloat));
    for (int push = 0; push < 4; ++push) {
      const auto keys = UnitDraws({3, 16}, push).to(at::kFloat);
      bank.Push(keys);
      exact.Push(keys);
      EXPECT_TRUE(Same(StateOf(bank, "rows"),
                       StateOf(exact, "rows").to(at::kBFloat16)));
      EXPECT_TRUE(Same(StateOf(bank, "entered"), StateOf(exact, "entered")));
    }
    // What comes out is float32 again.
    const auto found = bank.TopK(UnitDraws({2, 16}, 9).to(at::kFloat), 3);
    EXPECT_EQ(found.rows.scalar_type(), at::kFloat);
    EXPECT_EQ(found.similarity.scalar_type(), at::kFloat);
    EXPECT_TRUE(Same(found.rows, StateOf(bank, "rows")
                                     .to(at::kFloat)
                                     .index_select(0, found.index.view({-1}))
                                     .view({2, 3, 16})));
  }
}

TEST(NeighborBankTest, RowsInBfloat16FindTheSameNeighborsWithinTheirRounding) {
  constexpr double kUsualRounding = 0x1.0p-10;  // find_nearest_rows.h
  const auto bank = MakeBf16Bank(5000, 256);
  const NeighborBank exact({5000, 256, RING}, 1, 0,
                           at::TensorOptions().dtype(at::kFloat));
  const auto queries = UnitDraws({32, 256}, 2).to(at::kFloat);
  const auto found = bank.TopK(queries, 30);
  const auto expected = exact.TopK(queries, 30);
  EXPECT_LT(LargestDifference(found.similarity, expected.similarity),
            kUsualRounding);
  const auto same =
      (found.index.unsqueeze(2) == expected.index.unsqueeze(1)).any(2);
  EXPECT_GT(same.to(at::kFloat).mean().item<float>(), 0.97);
}

TEST(NeighborBankTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(NeighborBank({3, 3, RING, /*bf16_rows=*/true}, 1, 0, kDoubles),
               c10::Error);
  EXPECT_THROW(MakeBank(0, 3), c10::Error);
  EXPECT_THROW(MakeBank(3, 3, BANK_WRAP_UNSPECIFIED), c10::Error);
  auto bank = MakeBank(3, 3);
  EXPECT_THROW(bank.Push(UnitDraws({2, 4}, 1)), c10::Error);
  EXPECT_THROW(bank.TopK(UnitDraws({2, 3}, 1), 4), c10::Error);
}

// The published bank stores keys as they come; ours holds them divided by their
// norm, which changes no cosine. Rows are compared after dividing.
class GoldenBankTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenBankTest, LooksUpAndPushesAsPublished) {
  constexpr Tolerance kSimilarity{0, 1e-6};
  const GoldenFile golden = GoldenTestFile(
      "snclr/core/testdata/neighbor_bank__" + GetParam() + ".safetensors");
  const BankWrap wrap = GetParam() == "solo" ? RING : DROP_AT_END;
  NeighborBank bank({golden.Int("size"), golden.Int("dim"), wrap}, 1, 0,
                    at::TensorOptions().dtype(at::kFloat));
  StateOf(bank, "rows").copy_(UnitRows(golden.Tensor("in.bank")));
  const int64_t k = golden.Int("topk");
  const std::string update = golden.Text("update");
  for (int64_t i = 0; i < golden.Int("steps"); ++i) {
    const std::string step = "step" + std::to_string(i);
    SCOPED_TRACE(step);
    const at::Tensor keys = UnitRows(golden.Tensor(step + ".in.keys"));
    const Neighbors found = bank.TopK(keys, k);
    if (update[i] == '1') bank.Push(keys);
    const auto out = [&](const char* name) {
      return golden.Tensor(step + ".out." + name);
    };
    if (golden.Has(step + ".out.index")) {
      const at::Tensor index = out("index");
      EXPECT_TRUE(Same(found.index.view(index.sizes()), index));
    }
    if (golden.Has(step + ".out.similarity")) {
      EXPECT_TRUE(IsClose(found.similarity, out("similarity"), kSimilarity));
    }
    EXPECT_TRUE(Same(found.rows.flatten(0, 1), UnitRows(out("neighbors"))));
    EXPECT_TRUE(Same(StateOf(bank, "rows"), UnitRows(out("bank"))));
    EXPECT_EQ(StateOf(bank, "next_row").item<int64_t>(),
              out("ptr").item<int64_t>());
  }
}

INSTANTIATE_TEST_SUITE_P(Published, GoldenBankTest,
                         ::testing::Values("snclr_a", "snclr_b", "snclr_tiny",
                                           "lightly", "solo"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
