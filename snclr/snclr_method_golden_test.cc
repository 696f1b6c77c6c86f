// SPDX-License-Identifier: MIT
// Three whole steps of the published SNCLR: two views through encoder, heads,
// momentum branch, bank and loss, then AdamW; the average of the momentum
// encoder comes between two forward passes.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <fstream>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "snclr/core/base/golden_testing.h"
#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/snclr_method.h"
#include "snclr/unit_rows.h"

namespace snclr {
namespace {

constexpr int kSteps = 3;

// Adam divides a gradient by its own size, so the few elements whose gradient
// is near the rounding of their tensor's largest move by what rounding says,
// and in the next steps all tensors feel it. The file's float32 tolerances are
// ten times what one published run had; with gradients of the first step nearer
// to the float64 ones than that run's, ours ends up to 1.6 times further away.
constexpr double kAdamsLuck = 3;

// The published name of one of our tensors: projectors are their encoder's
// head there.
std::string PublishedName(std::string name) {
  const auto replace = [&name](const std::string& ours,
                               const std::string& theirs) {
    if (name.rfind(ours, 0) == 0) name = theirs + name.substr(ours.size());
  };
  replace("momentum.encoder.", "momentum_encoder.");
  replace("momentum.projector.", "momentum_encoder.head.");
  replace("encoder.", "base_encoder.");
  replace("projector.", "base_encoder.head.");
  return name;
}

class GoldenStepTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::ifstream file("snclr/testdata/train_step__" + GetParam() + ".json");
    file >> json_;
  }

  EncoderSpec EncoderOfFile() const;
  SnclrSpec SpecOfFile() const;
  void MakeMethod(at::ScalarType dtype);
  void LoadStart();
  at::Tensor InitialTensor(const std::string& published) const;

  // float32_tolerance or, in float64, the one for stored float32 values.
  Tolerance ToleranceOf(const std::string& name, at::ScalarType dtype) const;
  void CheckGradients(int step, at::ScalarType dtype) const;
  void CheckEnd(at::ScalarType dtype);
  void Run(at::ScalarType dtype);

  const GoldenFile golden_ = GoldenTestFile("snclr/testdata/train_step__" +
                                            GetParam() + ".safetensors");
  nlohmann::json json_;
  SingleProcess group_;
  std::unique_ptr<Method> method_;
};

EncoderSpec GoldenStepTest::EncoderOfFile() const {
  EncoderSpec spec;
  spec.set_image_size_px(golden_.Int("image"));
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(golden_.Int("patch"));
  vit.set_width(golden_.Int("embed"));
  vit.set_depth(golden_.Int("depth"));
  vit.set_heads(golden_.Int("heads"));
  vit.set_mlp_ratio(4);
  vit.set_freeze_patch_projection(golden_.Bool("frozen_patch_projection"));
  return spec;
}

SnclrSpec GoldenStepTest::SpecOfFile() const {
  SnclrSpec spec;
  spec.set_temperature(golden_.Double("temperature"));
  spec.set_neighbors(golden_.Int("topk"));
  spec.set_objective(CODE);
  spec.set_positiveness(COSINE);
  spec.set_threshold(golden_.Bool("threshold"));
  spec.set_weight_gradient(true);
  spec.set_neighbors_as_negatives(true);
  spec.mutable_bank()->set_rows(golden_.Int("bank_size"));
  spec.mutable_bank()->set_scope(LOCAL);
  spec.mutable_bank()->set_wrap(DROP_AT_END);
  return spec;
}

void GoldenStepTest::MakeMethod(at::ScalarType dtype) {
  HeadSpec projector;
  projector.set_layers(3);
  projector.set_hidden_dim(golden_.Int("mlp"));
  projector.set_output_dim(golden_.Int("dim"));
  HeadSpec predictor = projector;
  predictor.set_layers(2);
  auto encoder = MakeEncoder(EncoderOfFile(), /*seed=*/1);
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  (*encoder)->to(dtype);
  auto method =
      MakeSnclr(SpecOfFile(), projector, predictor, *encoder, 1, group_);
  ASSERT_TRUE(method.ok()) << method.status();
  method_ = *std::move(method);
  LoadStart();
}

at::Tensor GoldenStepTest::InitialTensor(const std::string& published) const {
  const std::string momentum = "momentum_encoder.";
  if (!golden_.Has("init." + published) && published.rfind(momentum, 0) == 0) {
    return golden_.Tensor("init.base_encoder." +
                          published.substr(momentum.size()));
  }
  return golden_.Tensor("init." + published);
}

void GoldenStepTest::LoadStart() {
  const at::NoGradGuard no_gradient;
  NamedTensors all = method_->TrainedParameters();
  for (const NamedTensors& more :
       {method_->MomentumParameters(), method_->State()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  for (NamedTensor& tensor : all) {
    if (tensor.name == "bank.rows") {
      tensor.tensor.copy_(
          UnitRows(golden_.Tensor("in.bank").to(tensor.tensor.dtype())));
    } else if (tensor.name == "bank.next_row") {
      tensor.tensor.fill_(golden_.Int("bank_ptr"));
    } else if (tensor.name.rfind("bank.", 0) != 0) {
      tensor.tensor.copy_(InitialTensor(PublishedName(tensor.name)));
    }
  }
}

Tolerance GoldenStepTest::ToleranceOf(const std::string& name,
                                      at::ScalarType dtype) const {
  if (dtype == at::kDouble) return {1e-6, 1e-8};
  const double tolerance = json_["float32_tolerance"].at(name).get<double>();
  return {0, name.rfind("final.", 0) == 0 ? kAdamsLuck * tolerance : tolerance};
}

void GoldenStepTest::CheckGradients(int step, at::ScalarType dtype) const {
  for (const NamedTensor& parameter : method_->TrainedParameters()) {
    const std::string name = PublishedName(parameter.name);
    const std::string key = "step" + std::to_string(step) + ".grad." + name;
    if (golden_.Has(key)) {
      EXPECT_TRUE(IsClose(parameter.tensor.grad(), golden_.Tensor(key),
                          ToleranceOf(key, dtype)))
          << key;
    }
    if (dtype != at::kDouble) continue;
    const double norm = json_["grad_norms"][step].at(name).get<double>();
    EXPECT_NEAR(parameter.tensor.grad().norm().item<double>(), norm,
                1e-6 * (1 + norm))
        << key;
  }
}

void GoldenStepTest::CheckEnd(at::ScalarType dtype) {
  NamedTensors all = method_->TrainedParameters();
  for (const NamedTensors& more :
       {method_->MomentumParameters(), method_->State()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  int compared = 0;
  for (const NamedTensor& tensor : all) {
    std::string name = "final." + PublishedName(tensor.name);
    at::Tensor actual = tensor.tensor;
    if (tensor.name == "bank.rows") name = "final.bank";
    if (tensor.name == "bank.next_row") {
      name = "final.bank_ptr";
      actual = actual.view({1});
    }
    if (!golden_.Has(name)) {
      EXPECT_EQ(tensor.name.rfind("bank.", 0), 0u) << name;
      continue;
    }
    at::Tensor expected = golden_.Tensor(name);
    // Rows are compared at norm 1: raw ones of the file have norm sqrt(D), so
    // the tolerance for them is more than wide enough.
    if (tensor.name == "bank.rows") expected = UnitRows(expected);
    EXPECT_TRUE(IsClose(actual, expected, ToleranceOf(name, dtype))) << name;
    ++compared;
  }
  EXPECT_EQ(compared, static_cast<int>(golden_.WithPrefix("final.").size()));
}

void GoldenStepTest::Run(at::ScalarType dtype) {
  MakeMethod(dtype);
  FlatParameters trained(method_->TrainedParameters(),
                         FlatParameters::kWithGradients);
  FlatParameters momentum(method_->MomentumParameters(),
                          FlatParameters::kValuesOnly);
  AdamWOptions options;
  options.weight_decay = golden_.Double("wd");
  AdamW optimizer(trained, options);
  const Views views{golden_.Tensor("in.x1").to(dtype),
                    golden_.Tensor("in.x2").to(dtype)};
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    UpdateEma(trained, {momentum, golden_.Double("momentum")});
    trained.ZeroGradients();
    const StepOutput output = method_->Forward(views);
    output.loss.backward();
    const double expected = golden_.Tensor("out64.losses")[step].item<double>();
    const double relative =
        dtype == at::kDouble ? 1e-12 : (step == 0 ? 1e-5 : 2e-5);
    EXPECT_NEAR(output.loss.item<double>(), expected, relative * expected);
    if (step == 0) {
      EXPECT_TRUE(IsClose(output.embeddings,
                          golden_.Tensor("step0.out.base_encoder1"), {1e-5}));
    }
    CheckGradients(step, dtype);
    optimizer.Step(golden_.Double("lr"));
  }
  CheckEnd(dtype);
}

TEST_P(GoldenStepTest, AgreesInFloat64) { Run(at::kDouble); }

TEST_P(GoldenStepTest, AgreesInFloat32) { Run(at::kFloat); }

INSTANTIATE_TEST_SUITE_P(Published, GoldenStepTest,
                         ::testing::Values("snclr_a", "snclr_b",
                                           "snclr_threshold_b"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace snclr
