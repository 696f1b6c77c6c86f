// SPDX-License-Identifier: MIT
#include "baselines/nnclr/nnclr_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/mm.h>

#include <array>
#include <cmath>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/dist/thread_group_testing.h"
#include "snclr/core/method_testing.h"
#include "snclr/core/ops/tensor_testing.h"
#include "snclr/core/soft_neighbors.h"

namespace snclr {
namespace {

constexpr int64_t kBatch = 16;
constexpr int64_t kRows = 64;

NnclrSpec Spec(NnclrVariant variant, bool momentum_encoder = false) {
  NnclrSpec spec;
  spec.set_variant(variant);
  spec.set_temperature(variant == SOLO ? 0.1 : 0.5);
  spec.set_support_set_rows(kRows);
  spec.set_momentum_encoder(momentum_encoder);
  return spec;
}

std::unique_ptr<Method> MakeMethod(const NnclrSpec& spec, ProcessGroup& group) {
  auto method = MakeNnclr(spec, SmallHead(3), SmallHead(2), SmallEncoder(),
                          /*seed=*/1, group);
  TORCH_CHECK(method.ok(), method.status().ToString());
  return *std::move(method);
}

std::unique_ptr<Method> MakeMethod(const NnclrSpec& spec) {
  static SingleProcess group;
  return MakeMethod(spec, group);
}

class NnclrMethodTest : public ::testing::TestWithParam<NnclrVariant> {};

TEST_P(NnclrMethodTest, HasNoMomentumCopyUnlessAskedFor) {
  EXPECT_TRUE(MakeMethod(Spec(GetParam()))->MomentumParameters().empty());
  const auto method = MakeMethod(Spec(GetParam(), /*momentum_encoder=*/true));
  const NamedTensors trained = method->TrainedParameters();
  const NamedTensors momentum = method->MomentumParameters();
  ASSERT_FALSE(momentum.empty());
  for (size_t i = 0; i < momentum.size(); ++i) {
    EXPECT_EQ(momentum[i].name, "momentum." + trained[i].name);
  }
}

TEST_P(NnclrMethodTest, MomentumKeysAreWhatIsKept) {
  const auto method = MakeMethod(Spec(GetParam(), /*momentum_encoder=*/true));
  {
    const at::NoGradGuard no_gradient;
    for (const NamedTensor& copy : method->MomentumParameters()) {
      at::Tensor(copy.tensor).zero_();
    }
  }
  method->Forward(BlobViews(kBatch, 1));
  const at::Tensor rows = Named(method->State(), "bank.rows");
  EXPECT_EQ(rows.narrow(0, 0, kBatch).abs().max().item<float>(), 0);
}

TEST_P(NnclrMethodTest, EveryTrainedParameterGetsAGradient) {
  const auto method = MakeMethod(Spec(GetParam()));
  method->Forward(BlobViews(kBatch, 1)).loss.backward();
  for (const NamedTensor& parameter : method->TrainedParameters()) {
    EXPECT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
  }
  EXPECT_GT(Named(method->TrainedParameters(), "projector.0.weight")
                .grad()
                .abs()
                .max()
                .item<float>(),
            0);
}

TEST_P(NnclrMethodTest, BothViewsLookUpBeforeOnesKeysAreKept) {
  const auto method = MakeMethod(Spec(GetParam()));
  const at::Tensor rows = Named(method->State(), "bank.rows");
  const at::Tensor before = rows.clone();
  const StepOutput first = method->Forward(BlobViews(kBatch, 1));
  EXPECT_EQ(Named(first.metrics, "neighbor_random_share").item<float>(), 1);
  EXPECT_EQ(Named(method->State(), "bank.next_row").item<int64_t>(), kBatch);
  EXPECT_EQ(LargestDifference(rows.narrow(0, kBatch, kRows - kBatch),
                              before.narrow(0, kBatch, kRows - kBatch)),
            0);
  // The same views again (equal weights): the view that was kept finds itself.
  const StepOutput second = method->Forward(BlobViews(kBatch, 1));
  EXPECT_GT(Named(second.metrics, "neighbor_similarity").item<float>(),
            Named(first.metrics, "neighbor_similarity").item<float>());
  EXPECT_FLOAT_EQ(Named(second.metrics, "neighbor_age_steps").item<float>(), 1);
  EXPECT_FLOAT_EQ(Named(second.metrics, "bank_random_share").item<float>(),
                  1 - static_cast<float>(kBatch) / kRows);
}

// The key that is kept is view 1's in solo-learn, view 2's in lightly: with the
// other view in its place the rows differ, with the same they do not.
TEST_P(NnclrMethodTest, KeepsTheViewThatItsLibraryKeeps) {
  const auto rows_after = [&](const Views& views) {
    const auto method = MakeMethod(Spec(GetParam()));
    method->Forward(views);
    return Named(method->State(), "bank.rows").narrow(0, 0, kBatch).clone();
  };
  const Views views = BlobViews(kBatch, 1), others = BlobViews(kBatch, 2);
  const at::Tensor rows = rows_after(views);
  const double kept_view1 =
      LargestDifference(rows, rows_after({views.view1, others.view2}));
  const double kept_view2 =
      LargestDifference(rows, rows_after({others.view1, views.view2}));
  EXPECT_LT(GetParam() == SOLO ? kept_view1 : kept_view2, 1e-5);
  EXPECT_GT(GetParam() == SOLO ? kept_view2 : kept_view1, 1e-2);
}

TEST_P(NnclrMethodTest, GoesOnFromItsParametersAndStateInAnotherMethod) {
  const auto first = MakeMethod(Spec(GetParam()));
  first->Forward(BlobViews(kBatch, 1));
  const auto second = MakeMethod(Spec(GetParam()));
  CopyAll(*first, *second);
  EXPECT_EQ(first->Forward(BlobViews(kBatch, 2)).loss.item<float>(),
            second->Forward(BlobViews(kBatch, 2)).loss.item<float>());
}

TEST_P(NnclrMethodTest, FirstLossesLieInTheBand) {
  const auto method = MakeMethod(Spec(GetParam()));
  const LossBand band = method->InitialLossBand(kBatch, 1);
  for (const uint64_t seed : {1, 2, 3}) {
    const float loss =
        method->Forward(BlobViews(kBatch, seed)).loss.item<float>();
    EXPECT_GE(loss, band.low) << band.why;
    EXPECT_LE(loss, band.high) << band.why;
  }
}

TEST_P(NnclrMethodTest, ShowsTheNearestOtherImageAndChangesNothing) {
  const auto method = MakeMethod(Spec(GetParam()));
  method->Forward(BlobViews(kBatch, 1));
  const at::Tensor statistics =
      Named(method->State(), "projector.1.running_mean").clone();
  auto& shows = dynamic_cast<ShowsSoftNeighbors&>(*method);
  const at::Tensor images = BlobViews(kBatch, 2).view1;
  const at::Tensor keys = shows.UnitKeys(images);
  const at::Tensor own = at::arange(kBatch, at::kLong);
  const SoftNeighbors shown = shows.NeighborsAmong(images, own, keys);
  const at::Tensor cosines =
      at::mm(keys, keys.t()) - 3 * at::eye(kBatch, keys.options());
  EXPECT_TRUE(shown.index.squeeze(1).equal(cosines.argmax(1)));
  EXPECT_EQ(LargestDifference(shown.positiveness,
                              at::Tensor(keys.new_ones({kBatch, 1}))),
            0);
  EXPECT_EQ(LargestDifference(
                Named(method->State(), "projector.1.running_mean"), statistics),
            0);
}

// Two ranks with halves of a batch have together the loss and, averaged, the
// gradient of one rank with the whole: batch norm, gathers and banks agree.
// lightly's banks are each rank's own and begin differently, so only equal
// starting rows make it comparable.
TEST_P(NnclrMethodTest, TwoRanksEqualOneWithTheWholeBatch) {
  const Views views = BlobViews(kBatch, 1);
  const auto whole = MakeMethod(Spec(GetParam()));
  const at::Tensor rows = Named(whole->State(), "bank.rows").clone();
  const StepOutput wanted = whole->Forward(views);
  wanted.loss.backward();
  std::array<float, 2> losses{};
  std::array<NamedTensors, 2> gradients, states;
  OnRanks(2, [&](ProcessGroup& group) {
    const auto method = MakeMethod(Spec(GetParam()), group);
    Named(method->State(), "bank.rows").copy_(rows);
    const int64_t rank = group.rank();
    const StepOutput output = method->Forward(
        {views.view1.chunk(2)[rank], views.view2.chunk(2)[rank]});
    output.loss.backward();
    losses[rank] = output.loss.item<float>();
    for (const NamedTensor& parameter : method->TrainedParameters()) {
      gradients[rank].push_back(
          {parameter.name, parameter.tensor.grad().clone()});
    }
    states[rank] = method->State();
  });
  EXPECT_NEAR((losses[0] + losses[1]) / 2, wanted.loss.item<float>(), 1e-5);
  for (const char* name : {"predictor.3.weight", "projector.0.weight"}) {
    const at::Tensor mean =
        (Named(gradients[0], name) + Named(gradients[1], name)) / 2;
    const at::Tensor expected = Named(whole->TrainedParameters(), name).grad();
    EXPECT_LT(LargestDifference(mean, expected),
              1e-4 * expected.abs().max().item<float>())
        << name;
  }
  // SOLO's ranks keep all keys alike, LIGHTLY's their own.
  const at::Tensor kept0 = Named(states[0], "bank.rows");
  const at::Tensor kept1 = Named(states[1], "bank.rows");
  if (GetParam() == SOLO) {
    EXPECT_EQ(LargestDifference(kept0, kept1), 0);
    EXPECT_LT(LargestDifference(kept0, Named(whole->State(), "bank.rows")),
              1e-5);
  } else {
    EXPECT_GT(LargestDifference(kept0, kept1), 1e-2);
    EXPECT_EQ(Named(states[0], "bank.next_row").item<int64_t>(), kBatch / 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, NnclrMethodTest,
                         ::testing::Values(SOLO, LIGHTLY),
                         [](const auto& info) {
                           return NnclrVariant_Name(info.param);
                         });

TEST(NnclrVariantTest, SoloHasBiasesThatLightlyHasNot) {
  const auto names = [](NnclrVariant variant) {
    return NamesOf(MakeMethod(Spec(variant))->TrainedParameters());
  };
  for (const char* name :
       {"projector.0.bias", "projector.6.bias", "predictor.0.bias"}) {
    EXPECT_EQ(names(SOLO).count(name), 1u) << name;
    EXPECT_EQ(names(LIGHTLY).count(name), 0u) << name;
  }
  for (const NnclrVariant variant : {SOLO, LIGHTLY}) {
    EXPECT_EQ(names(variant).count("projector.7.weight"), 1u);
    EXPECT_EQ(names(variant).count("predictor.3.bias"), 1u);
    EXPECT_EQ(names(variant).count("predictor.4.weight"), 0u);
  }
}

TEST(NnclrVariantTest, NamesTheFieldThatDoesNotFit) {
  SingleProcess group;
  HeadSpec ended = SmallHead(2);
  ended.set_last_norm(true);
  const struct {
    NnclrSpec spec;
    HeadSpec predictor;
    std::string field;
  } kCases[] = {
      {Spec(SOLO), SmallHead(2, 32), "predictor.output_dim"},
      {Spec(SOLO), ended, "predictor.last_norm"},
      {Spec(NNCLR_VARIANT_UNSPECIFIED), SmallHead(2), "nnclr.variant"},
  };
  for (const auto& [spec, predictor, field] : kCases) {
    const auto method =
        MakeNnclr(spec, SmallHead(3), predictor, SmallEncoder(), 1, group);
    EXPECT_EQ(method.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(method.status().ToString().find(field), std::string::npos)
        << method.status();
  }
}

}  // namespace
}  // namespace snclr
