// SPDX-License-Identifier: MIT
#include "snclr/core/nn/heads.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/mul.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

class HeadGoldenTest : public ::testing::TestWithParam<const char*> {
 protected:
  HeadGoldenTest()
      : golden_(GoldenTestFile(std::string("snclr/core/nn/testdata/heads__") +
                               GetParam() + ".safetensors")) {
    const std::string config = GetParam();
    lightly_ = config.find("lightly") == 0;
    MlpHeadOptions options{};
    options.layers = golden_.Int("layers");
    options.input_dim = golden_.Int("input_dim");
    options.hidden_dim = golden_.Int("hidden_dim");
    options.output_dim = golden_.Int("output_dim");
    if (lightly_) {
      const bool predictor = config.find("predictor") != std::string::npos;
      options.last_norm = !predictor;
      options.last_norm_affine = true;
      options.last_linear_bias = predictor;
    }
    head_ = std::make_unique<MlpHead>(options, group_, /*seed=*/1, "projector");
    const at::NoGradGuard no_grad;
    const auto parameters = head_->named_parameters();
    EXPECT_EQ(golden_.WithPrefix("param.").size(), parameters.size());
    for (const auto& parameter : parameters) {
      at::Tensor(parameter.value()).copy_(Golden("param.", parameter.key()));
    }
    for (const auto& buffer : head_->named_buffers()) {
      at::Tensor(buffer.value()).copy_(Golden("buffer.", buffer.key()));
    }
  }

  // lightly's modules keep their layers under that name.
  at::Tensor Golden(const std::string& prefix, const std::string& name) const {
    return golden_.Tensor(prefix + (lightly_ ? "layers." : "") + name);
  }

  SingleProcess group_;
  GoldenFile golden_;
  bool lightly_ = false;
  std::unique_ptr<MlpHead> head_;
};

TEST_P(HeadGoldenTest, OutputGradientsAndStatisticsInFloat32) {
  const Tolerance kFloat32 = {1e-5, 1e-7};
  const at::Tensor x = golden_.Tensor("in.x").clone().requires_grad_();
  const at::Tensor y = head_->Forward(x);
  EXPECT_TRUE(IsClose(y, golden_.Tensor("out.y"), kFloat32));
  const at::Tensor loss = at::mul(y, golden_.Tensor("in.cotangent")).sum();
  EXPECT_TRUE(IsClose(loss, golden_.Tensor("out.loss"), {0, 1e-4}));
  loss.backward();
  EXPECT_TRUE(IsClose(x.grad(), golden_.Tensor("grad.x"), kFloat32));
  for (const auto& parameter : head_->named_parameters()) {
    EXPECT_TRUE(IsClose(parameter.value().grad(),
                        Golden("grad.param.", parameter.key()), kFloat32))
        << parameter.key();
  }
  for (const auto& buffer : head_->named_buffers()) {
    EXPECT_TRUE(
        IsClose(buffer.value(), Golden("out.buffer.", buffer.key()), kFloat32))
        << buffer.key();
  }
  head_->eval();
  EXPECT_TRUE(
      IsClose(head_->Forward(x), golden_.Tensor("out.y_eval"), kFloat32));
}

TEST_P(HeadGoldenTest, OutputAndGradientInFloat64) {
  head_->to(at::kDouble);
  const at::Tensor x = golden_.Tensor("in.x").to(at::kDouble).requires_grad_();
  const at::Tensor y = head_->Forward(x);
  EXPECT_TRUE(IsClose(y, golden_.Tensor("out64.y"), {1e-12}));
  const at::Tensor loss = at::mul(y, golden_.Tensor("in.cotangent")).sum();
  EXPECT_TRUE(IsClose(loss, golden_.Tensor("out64.loss"), {1e-12, 1e-12}));
  loss.backward();
  EXPECT_TRUE(IsClose(x.grad(), golden_.Tensor("grad64.x"), {1e-12}));
}

INSTANTIATE_TEST_SUITE_P(Golden, HeadGoldenTest,
                         ::testing::Values("projector_a", "projector_b",
                                           "predictor_a", "predictor_b",
                                           "lightly_projector_a",
                                           "lightly_projector_b",
                                           "lightly_predictor_a",
                                           "lightly_predictor_b"));

MlpHeadOptions Small() {
  MlpHeadOptions options{};
  options.layers = 2;
  options.input_dim = 16;
  options.hidden_dim = 64;
  options.output_dim = 100;
  return options;
}

TEST(MlpHeadTest, WeightsFillPyTorchsDefaultBounds) {
  SingleProcess group;
  MlpHead head(Small(), group, /*seed=*/3, "projector");
  const auto parameters = head.named_parameters();
  const std::pair<std::string, double> kBounds[] = {{"0.weight", 1 / 4.0},
                                                    {"3.weight", 1 / 8.0}};
  for (const auto& [name, bound] : kBounds) {
    const double largest = parameters[name].abs().max().item<double>();
    EXPECT_LE(largest, bound) << name;
    EXPECT_GE(largest, 0.98 * bound) << name;
  }
}

TEST(MlpHeadTest, WeightsDependOnSeedAndPlace) {
  SingleProcess group;
  const auto weight = [&](uint64_t seed, const std::string& name) {
    MlpHead head(Small(), group, seed, name);
    return head.named_parameters()["0.weight"];
  };
  EXPECT_TRUE(at::equal(weight(3, "projector"), weight(3, "projector")));
  EXPECT_FALSE(at::equal(weight(3, "projector"), weight(3, "predictor")));
  EXPECT_FALSE(at::equal(weight(3, "projector"), weight(4, "projector")));
}

TEST(MlpHeadTest, TakesSizesFromTheSpec) {
  HeadSpec spec;
  spec.set_layers(3);
  spec.set_hidden_dim(32);
  spec.set_output_dim(8);
  SingleProcess group;
  MlpHeadOptions options = MlpHeadOptions::FromSpec(spec);
  options.input_dim = 24;
  MlpHead head(options, group, /*seed=*/3, "p");
  const auto parameters = head.named_parameters();
  EXPECT_EQ(parameters["0.weight"].sizes(), at::IntArrayRef({32, 24}));
  EXPECT_EQ(parameters["6.weight"].sizes(), at::IntArrayRef({8, 32}));
  EXPECT_FALSE(parameters.contains("7.weight"));
}

TEST(MlpHeadTest, TwoViewsInOneCallAreTwoCalls) {
  MlpHeadOptions options{};
  options.layers = 3;
  options.input_dim = 5;
  options.hidden_dim = 7;
  options.output_dim = 4;
  SingleProcess group;
  MlpHead one_call(options, group, /*seed=*/1, "projector");
  MlpHead two_calls(options, group, /*seed=*/1, "projector");
  one_call.to(at::kDouble);
  two_calls.to(at::kDouble);
  const at::Tensor rows = Draws({2 * 6, 5}, 1);
  const at::Tensor upstream = Draws({2 * 6, 4}, 2);

  const at::Tensor together = one_call.Forward(rows, /*views=*/2);
  const at::Tensor view1 = two_calls.Forward(rows.narrow(0, 0, 6));
  const at::Tensor apart =
      at::cat({view1, two_calls.Forward(rows.narrow(0, 6, 6))});
  EXPECT_LT(LargestDifference(together, apart), 1e-13);
  EXPECT_GT(LargestDifference(one_call.Forward(rows), apart), 0.1);

  (together * upstream).sum().backward();
  (apart * upstream).sum().backward();
  const auto expected = two_calls.named_parameters();
  for (const auto& parameter : one_call.named_parameters()) {
    EXPECT_LT(
        LargestDifference(parameter->grad(), expected[parameter.key()].grad()),
        1e-12)
        << parameter.key();
  }
}

TEST(MlpHeadTest, MovesItsStatisticsViewByView) {
  MlpHeadOptions options{};
  options.layers = 1;
  options.input_dim = 5;
  options.output_dim = 4;
  SingleProcess group;
  MlpHead one_call(options, group, /*seed=*/1, "projector");
  MlpHead two_calls(options, group, /*seed=*/1, "projector");
  const at::Tensor rows = Draws({2 * 6, 5}, 1).to(at::kFloat);
  one_call.Forward(rows, /*views=*/2);
  two_calls.Forward(rows.narrow(0, 0, 6));
  two_calls.Forward(rows.narrow(0, 6, 6));
  const auto expected = two_calls.named_buffers();
  for (const auto& buffer : one_call.named_buffers()) {
    EXPECT_LT(LargestDifference(*buffer, expected[buffer.key()]), 1e-6)
        << buffer.key();
  }
  EXPECT_THROW(one_call.Forward(rows, /*views=*/5), c10::Error);
}

TEST(MlpHeadTest, RefusesNoLayers) {
  SingleProcess group;
  MlpHeadOptions options = Small();
  options.layers = 0;
  EXPECT_THROW(MlpHead(options, group, /*seed=*/3, "projector"), c10::Error);
}

}  // namespace
}  // namespace snclr
