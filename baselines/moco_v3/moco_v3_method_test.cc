// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/moco_v3_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/method_testing.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

constexpr int64_t kBatch = 16;

MocoV3Spec Spec(double temperature = 0.2) {
  MocoV3Spec spec;
  spec.set_temperature(temperature);
  return spec;
}

std::unique_ptr<Method> MakeMethod(const MocoV3Spec& spec = Spec(),
                                   const HeadSpec& predictor = SmallHead(2)) {
  static SingleProcess group;
  auto method = MakeMocoV3(spec, SmallHead(3), predictor, SmallEncoder(),
                           /*seed=*/1, group);
  TORCH_CHECK(method.ok(), method.status().ToString());
  return *std::move(method);
}

TEST(MocoV3MethodTest, MomentumCopiesAreAPrefixOfTrainedParametersAndEqual) {
  const auto method = MakeMethod();
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

TEST(MocoV3MethodTest, EveryTrainedParameterGetsAGradient) {
  const auto method = MakeMethod();
  method->Forward(BlobViews(kBatch, 1)).loss.backward();
  for (const NamedTensor& parameter : method->TrainedParameters()) {
    ASSERT_TRUE(parameter.tensor.grad().defined()) << parameter.name;
    EXPECT_GT(parameter.tensor.grad().abs().max().item<float>(), 0)
        << parameter.name;
  }
}

TEST(MocoV3MethodTest, TheLossDoesNotKnowWhichViewCameFirst) {
  const auto method = MakeMethod();
  const Views views = BlobViews(kBatch, 1);
  const float loss = method->Forward(views).loss.item<float>();
  EXPECT_NEAR(method->Forward({views.view2, views.view1}).loss.item<float>(),
              loss, 1e-5);
}

// Keys come from the copy: other copies give another loss, and the metric of
// positives falls where they are strangers.
TEST(MocoV3MethodTest, KeysComeFromTheMomentumEncoder) {
  const auto method = MakeMethod();
  const StepOutput before = method->Forward(BlobViews(kBatch, 1));
  {
    const at::NoGradGuard no_gradient;
    for (const NamedTensor& copy : method->MomentumParameters()) {
      if (copy.name == "momentum.projector.6.weight") {
        at::Tensor(copy.tensor).copy_(Draws(copy.tensor.sizes(), 5));
      }
    }
  }
  const StepOutput after = method->Forward(BlobViews(kBatch, 1));
  EXPECT_NE(after.loss.item<float>(), before.loss.item<float>());
  EXPECT_FALSE(Named(after.metrics, "positive_similarity").requires_grad());
}

TEST(MocoV3MethodTest, MeasuresPositivesAboveNegativesAfterAFewSteps) {
  const auto method = MakeMethod();
  const Views views = BlobViews(kBatch, 1);
  for (int step = 0; step < 8; ++step) {
    method->Forward(views).loss.backward();
    const at::NoGradGuard no_gradient;
    for (const NamedTensor& parameter : method->TrainedParameters()) {
      at::Tensor weight = parameter.tensor;
      weight.sub_(weight.grad(), 0.1);
      weight.grad().zero_();
    }
  }
  const NamedTensors metrics = method->Forward(views).metrics;
  EXPECT_GT(Named(metrics, "positive_similarity").item<float>(),
            Named(metrics, "negative_similarity").item<float>() + 0.1);
}

TEST(MocoV3MethodTest, GoesOnFromItsParametersAndStateInAnotherMethod) {
  const auto first = MakeMethod();
  first->Forward(BlobViews(kBatch, 1));
  const auto second = MakeMethod();
  CopyAll(*first, *second);
  EXPECT_EQ(first->Forward(BlobViews(kBatch, 2)).loss.item<float>(),
            second->Forward(BlobViews(kBatch, 2)).loss.item<float>());
}

TEST(MocoV3MethodTest, FirstLossesLieInTheBandAndAWrongTemperaturesDoNot) {
  const auto method = MakeMethod();
  const LossBand band = method->InitialLossBand(kBatch, 1);
  for (const uint64_t seed : {1, 2, 3}) {
    const float loss =
        method->Forward(BlobViews(kBatch, seed)).loss.item<float>();
    EXPECT_GE(loss, band.low) << band.why;
    EXPECT_LE(loss, band.high) << band.why;
  }
  const float wrong =
      MakeMethod(Spec(1.5))->Forward(BlobViews(kBatch, 1)).loss.item<float>();
  EXPECT_TRUE(wrong < band.low || wrong > band.high) << wrong;
}

// Published for ResNet: the predictor ends with its Linear.
TEST(MocoV3MethodTest, APredictorWithoutALastNormHasNone) {
  HeadSpec predictor = SmallHead(2);
  predictor.set_last_norm(false);
  const auto names = NamesOf(MakeMethod(Spec(), predictor)->State());
  EXPECT_EQ(names.count("predictor.1.running_mean"), 1u);
  EXPECT_EQ(names.count("predictor.4.running_mean"), 0u);
  EXPECT_EQ(names.count("projector.7.running_mean"), 1u);
}

TEST(MocoV3MethodTest, NamesTheFieldThatDoesNotFit) {
  SingleProcess group;
  const auto mismatch = MakeMocoV3(Spec(), SmallHead(3, 64), SmallHead(2, 32),
                                   SmallEncoder(), 1, group);
  EXPECT_EQ(mismatch.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(mismatch.status().ToString().find("predictor.output_dim"),
            std::string::npos);
}

}  // namespace
}  // namespace snclr
