// SPDX-License-Identifier: MIT
#include "snclr/snclr_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/mm.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/method_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/soft_neighbors.h"

namespace snclr {
namespace {

constexpr int64_t kBatch = 16;
constexpr int64_t kBankRows = 64;

SnclrSpec Spec() {
  SnclrSpec spec;
  spec.set_temperature(0.2);
  spec.set_neighbors(4);
  spec.set_objective(CODE);
  spec.set_positiveness(COSINE);
  spec.set_threshold(false);
  spec.set_weight_gradient(true);
  spec.set_neighbors_as_negatives(true);
  spec.mutable_bank()->set_rows(kBankRows);
  spec.mutable_bank()->set_scope(LOCAL);
  spec.mutable_bank()->set_wrap(RING);
  return spec;
}

std::unique_ptr<Method> MakeMethod(const SnclrSpec& spec) {
  static SingleProcess group;
  auto method = MakeSnclr(spec, SmallHead(3), SmallHead(2), SmallEncoder(),
                          /*seed=*/1, group);
  TORCH_CHECK(method.ok(), method.status().ToString());
  return *std::move(method);
}

TEST(SnclrMethodTest, MomentumCopiesAreAPrefixOfTrainedParametersAndEqual) {
  const auto method = MakeMethod(Spec());
  const NamedTensors trained = method->TrainedParameters();
  const NamedTensors momentum = method->MomentumParameters();
  ASSERT_LT(momentum.size(), trained.size());
  for (size_t i = 0; i < momentum.size(); ++i) {
    EXPECT_EQ(momentum[i].name, "momentum." + trained[i].name);
    EXPECT_EQ(LargestDifference(momentum[i].tensor, trained[i].tensor), 0);
    EXPECT_FALSE(momentum[i].tensor.requires_grad());
  }
  EXPECT_EQ(trained[momentum.size()].name.rfind("predictor.", 0), 0u);
}

TEST(SnclrMethodTest, KeepsItsBankInBfloat16WhereTheSpecSaysSo) {
  SnclrSpec spec = Spec();
  spec.mutable_bank()->set_precision(BankSpec::BF16);
  const auto method = MakeMethod(spec);
  const auto plain = MakeMethod(Spec());
  const auto rows = [](Method& of) { return Named(of.State(), "bank.rows"); };
  EXPECT_EQ(rows(*method).scalar_type(), at::kBFloat16);
  EXPECT_EQ(LargestDifference(rows(*method), rows(*plain).to(at::kBFloat16)),
            0);
  const Views views = BlobViews(kBatch, 1);
  const double loss = method->Forward(views).loss.item<double>();
  // Neighbours' coordinates are off by at most 2^-8 of themselves, logits by as
  // much over T.
  EXPECT_NEAR(loss, plain->Forward(views).loss.item<double>(), 0.05);
  EXPECT_EQ(LargestDifference(rows(*method), rows(*plain).to(at::kBFloat16)),
            0);
}

TEST(SnclrMethodTest, StateHoldsWhatTrainingDoesNotReach) {
  const auto names = NamesOf(MakeMethod(Spec())->State());
  for (const char* name :
       {"encoder.pos_embed", "encoder.patch_embed.proj.weight",
        "projector.1.running_mean", "predictor.4.running_var",
        "momentum.encoder.pos_embed", "momentum.projector.7.running_mean",
        "bank.rows", "bank.next_row", "bank.entered", "bank.pushes"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
}

TEST(SnclrMethodTest, EveryTrainedParameterGetsAGradient) {
  for (const Positiveness form : {ATTENTION, COSINE}) {
    SnclrSpec spec = Spec();
    spec.set_positiveness(form);
    const auto method = MakeMethod(spec);
    method->Forward(BlobViews(kBatch, 1)).loss.backward();
    for (const NamedTensor& parameter : method->TrainedParameters()) {
      ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
      EXPECT_GT(parameter.tensor.grad().abs().max().item<float>(), 0)
          << parameter.name;
    }
  }
}

TEST(SnclrMethodTest, AttentionMapsAreTrainedOnlyWithAWeightGradient) {
  SnclrSpec spec = Spec();
  spec.set_positiveness(ATTENTION);
  EXPECT_EQ(NamesOf(MakeMethod(spec)->TrainedParameters())
                .count("attention.neighbor"),
            1u);
  spec.set_weight_gradient(false);
  const auto method = MakeMethod(spec);
  EXPECT_EQ(NamesOf(method->TrainedParameters()).count("attention.neighbor"),
            0u);
  EXPECT_EQ(NamesOf(method->State()).count("attention.neighbor"), 1u);
}

TEST(SnclrMethodTest, WithoutAWeightGradientTheLossIsTheSameTheGradientNot) {
  SnclrSpec spec = Spec();
  const auto with = MakeMethod(spec);
  spec.set_weight_gradient(false);
  const auto without = MakeMethod(spec);
  const Views views = BlobViews(kBatch, 1);
  const at::Tensor loss = with->Forward(views).loss;
  const at::Tensor detached = without->Forward(views).loss;
  EXPECT_EQ(loss.item<float>(), detached.item<float>());
  loss.backward();
  detached.backward();
  const auto gradient = [](Method& method) {
    return Named(method.TrainedParameters(), "projector.0.weight").grad();
  };
  EXPECT_GT(LargestDifference(gradient(*with), gradient(*without)), 0);
}

TEST(SnclrMethodTest, BothViewsLookUpBeforeTheSecondViewsKeysAreKept) {
  const auto method = MakeMethod(Spec());
  const at::Tensor rows = Named(method->State(), "bank.rows");
  const at::Tensor before = rows.clone();
  const StepOutput first = method->Forward(BlobViews(kBatch, 1));
  // The batch has not found itself among its neighbours...
  EXPECT_EQ(Named(first.metrics, "neighbor_random_share").item<float>(), 1);
  EXPECT_LT(Named(first.metrics, "neighbor_similarity").item<float>(), 0.9);
  // ... and of 2B keys B came in.
  EXPECT_EQ(Named(method->State(), "bank.next_row").item<int64_t>(), kBatch);
  EXPECT_EQ(LargestDifference(rows.narrow(0, kBatch, kBankRows - kBatch),
                              before.narrow(0, kBatch, kBankRows - kBatch)),
            0);
  // The same views again (equal weights): now view 2 finds its own keys.
  const StepOutput second = method->Forward(BlobViews(kBatch, 1));
  EXPECT_GT(Named(second.metrics, "neighbor_similarity").item<float>(),
            Named(first.metrics, "neighbor_similarity").item<float>());
  EXPECT_FLOAT_EQ(Named(second.metrics, "neighbor_age_steps").item<float>(), 1);
  EXPECT_FLOAT_EQ(Named(second.metrics, "bank_random_share").item<float>(),
                  1 - static_cast<float>(kBatch) / kBankRows);
}

TEST(SnclrMethodTest, WithoutNeighborsTheBankDoesNotMatter) {
  SnclrSpec spec = Spec();
  spec.set_neighbors(0);
  const auto method = MakeMethod(spec);
  const auto other = MakeMethod(spec);
  Named(other->State(), "bank.rows").zero_();
  const StepOutput output = method->Forward(BlobViews(kBatch, 1));
  EXPECT_EQ(output.loss.item<float>(),
            other->Forward(BlobViews(kBatch, 1)).loss.item<float>());
  EXPECT_EQ(output.metrics.size(), 1u);
}

TEST(SnclrMethodTest, GoesOnFromItsParametersAndStateInAnotherMethod) {
  const auto first = MakeMethod(Spec());
  first->Forward(BlobViews(kBatch, 1));
  const auto second = MakeMethod(Spec());
  CopyAll(*first, *second);
  EXPECT_EQ(first->Forward(BlobViews(kBatch, 2)).loss.item<float>(),
            second->Forward(BlobViews(kBatch, 2)).loss.item<float>());
}

TEST(SnclrMethodTest, UniformWeightsHaveTheirEntropy) {
  SnclrSpec spec = Spec();
  spec.set_positiveness(UNIFORM);
  const StepOutput output = MakeMethod(spec)->Forward(BlobViews(kBatch, 1));
  EXPECT_NEAR(Named(output.metrics, "positiveness_entropy").item<float>(),
              std::log(4.0), 1e-6);
  EXPECT_FLOAT_EQ(Named(output.metrics, "positiveness_max").item<float>(),
                  0.25);
  EXPECT_FLOAT_EQ(Named(output.metrics, "positiveness_sum").item<float>(), 1);
}

TEST(SnclrMethodTest, ShowsItsFeaturesAndEmbeddingsDetached) {
  const StepOutput output = MakeMethod(Spec())->Forward(BlobViews(kBatch, 1));
  EXPECT_EQ(output.features.sizes(), at::IntArrayRef({kBatch, 96}));
  EXPECT_EQ(output.embeddings.sizes(), at::IntArrayRef({kBatch, 64}));
  EXPECT_FALSE(output.features.requires_grad());
  EXPECT_FALSE(output.embeddings.requires_grad());
}

// The band must hold what a correct run prints first, and catch a wrong
// temperature.
TEST(SnclrMethodTest, FirstLossesLieInTheBand) {
  for (const SnclrObjective objective : {CODE, PAPER}) {
    for (const Positiveness form : {ATTENTION, COSINE, UNIFORM, HARD}) {
      for (const bool as_negatives : {true, false}) {
        SnclrSpec spec = Spec();
        spec.set_objective(objective);
        spec.set_positiveness(form);
        spec.set_neighbors_as_negatives(as_negatives);
        const auto method = MakeMethod(spec);
        const LossBand band = method->InitialLossBand(kBatch, 1);
        for (const uint64_t seed : {1, 2, 3}) {
          const float loss =
              method->Forward(BlobViews(kBatch, seed)).loss.item<float>();
          EXPECT_GE(loss, band.low) << band.why;
          EXPECT_LE(loss, band.high) << band.why;
        }
      }
    }
  }
}

TEST(SnclrMethodTest, AWrongTemperatureIsOutsideOfTheBand) {
  for (const SnclrObjective objective : {CODE, PAPER}) {
    SnclrSpec spec = Spec();
    spec.set_objective(objective);
    const LossBand band = MakeMethod(spec)->InitialLossBand(kBatch, 1);
    spec.set_temperature(objective == CODE ? 1.0 : 0.02);
    const float loss =
        MakeMethod(spec)->Forward(BlobViews(kBatch, 1)).loss.item<float>();
    EXPECT_TRUE(loss < band.low || loss > band.high)
        << loss << " in [" << band.low << ", " << band.high << "]";
  }
}

TEST(SnclrMethodTest, NamesTheFieldThatDoesNotFit) {
  SingleProcess group;
  const auto mismatch = MakeSnclr(Spec(), SmallHead(3, 64), SmallHead(2, 32),
                                  SmallEncoder(), 1, group);
  EXPECT_EQ(mismatch.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(mismatch.status().ToString().find("predictor.output_dim"),
            std::string::npos);
  SnclrSpec spec = Spec();
  spec.mutable_bank()->set_rows(3);
  const auto small =
      MakeSnclr(spec, SmallHead(3), SmallHead(2), SmallEncoder(), 1, group);
  EXPECT_EQ(small.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(small.status().ToString().find("snclr.bank.rows"),
            std::string::npos);
}

TEST(SnclrMethodTest, ShowsTheNearestOtherImagesWithTheirPositiveness) {
  const auto method = MakeMethod(Spec());
  method->Forward(BlobViews(kBatch, 1));
  std::vector<at::Tensor> before;
  for (const NamedTensor& tensor : method->State()) {
    before.push_back(tensor.tensor.clone());
  }
  auto& shows = dynamic_cast<ShowsSoftNeighbors&>(*method);
  const at::Tensor images = BlobViews(kBatch, 2).view1;
  const at::Tensor keys = shows.UnitKeys(images);
  const at::Tensor own = at::arange(kBatch, at::kLong);
  const SoftNeighbors shown = shows.NeighborsAmong(images, own, keys);

  ASSERT_EQ(shown.index.sizes(), at::IntArrayRef({kBatch, 4}));
  const at::Tensor cosines = at::mm(keys, keys.t());
  for (int64_t i = 0; i < kBatch; ++i) {
    // By hand: no other image is nearer than the last one shown.
    int64_t nearer = 0;
    const float last = shown.similarity[i][3].item<float>();
    for (int64_t j = 0; j < kBatch; ++j) {
      if (j != i && cosines[i][j].item<float>() >= last) ++nearer;
    }
    EXPECT_EQ(nearer, 4);
    EXPECT_FALSE((shown.index[i] == i).any().item<bool>());
    EXPECT_NEAR(shown.positiveness[i].sum().item<float>(), 1, 1e-5);
  }
  const NamedTensors after = method->State();
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_TRUE(after[i].tensor.equal(before[i])) << after[i].name;
  }
}

}  // namespace
}  // namespace snclr
