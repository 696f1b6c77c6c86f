// SPDX-License-Identifier: MIT
// Every method's steps on a GPU: repeated by a CUDA graph and launched one by
// one they train the same, and a checkpoint goes on in either.
#include <ATen/ops/_fused_sdp_choice.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "experiments/proto/spec.h"
#include "experiments/registry/methods.h"
#include "experiments/trainer/learner.h"
#include "experiments/trainer/step_runner.h"
#include "snclr/core/base/device.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/base/random.h"

namespace snclr {
namespace {

constexpr int64_t kBatch = 16;
constexpr int64_t kStepsPerEpoch = 10;

// Attention's backward pass adds up in no fixed order.
constexpr double kOrderOfSums = 2e-3;

struct Case {
  std::string name;
  std::string method;
  std::string arm;  // of the spec's oneof
  std::string optimizer;
};

constexpr char kAdamW[] = "kind: ADAMW base_lr: 1e-4 clip_gradient_norm: 1";
constexpr char kSgd[] =
    "kind: SGD base_lr: 0.005 weight_decay: 1e-4 momentum: 0.9";
constexpr char kLars[] =
    "kind: LARS base_lr: 0.05 weight_decay: 1e-6 momentum: 0.9";

const Case kCases[] = {
    {"snclr", "snclr", "snclr { neighbors: 3 bank { rows: 40 scope: GLOBAL } }",
     kAdamW},
    {"snclr_paper", "snclr",
     "snclr { neighbors: 3 objective: PAPER positiveness: ATTENTION bank { "
     "rows: 40 scope: LOCAL } }",
     kSgd},
    {"moco_v3", "moco_v3", "moco_v3 {}", kLars},
    {"nnclr", "nnclr", "nnclr { variant: SOLO support_set_rows: 64 }", kSgd},
};

ExperimentSpec SpecOf(const Case& test, Precision precision) {
  ExperimentSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      test.arm + " optimizer { lr_scaling: NO_SCALING " + test.optimizer + R"( }
        name: "graph" seed: 3
        encoder { image_size_px: 8
                  vit { variant: VIT_CUSTOM width: 32 depth: 2 heads: 2
                        patch_size_px: 4 mlp_ratio: 2 } }
        projector { layers: 3 hidden_dim: 24 output_dim: 12 }
        predictor { layers: 2 hidden_dim: 24 output_dim: 12 }
        data { procedural {} global_batch: 16 }
        schedule { epochs: 2 warmup_epochs: 0.5 }
        momentum { start: 0.9 })",
      &spec));
  spec.set_precision(precision);
  const auto resolved = ResolveSpec(spec, "graph");
  EXPECT_TRUE(resolved.ok()) << resolved.status();
  return *resolved;
}

Views ViewsOf(int64_t step) {
  at::Tensor both = at::zeros({2, kBatch, 3, 8, 8});
  Random random(/*seed=*/10, {static_cast<uint64_t>(step)});
  float* values = both.data_ptr<float>();
  for (int64_t i = 0; i < both.numel(); ++i) {
    values[i] = static_cast<float>(random.Normal());
  }
  return {both[0].pin_memory(), both[1].pin_memory()};
}

class GraphTest : public testing::TestWithParam<Case> {
 protected:
  std::unique_ptr<Learner> NewLearner(Precision precision, bool graph) {
    auto learner = Learner::Create(SpecOf(GetParam(), precision),
                                   RegisteredMethods().at(GetParam().method),
                                   kStepsPerEpoch, group_, at::kCUDA);
    EXPECT_TRUE(learner.ok()) << learner.status();
    if (graph) (*learner)->Use((*learner)->GraphRunner());
    return *std::move(learner);
  }

  // The losses, read before the next step, and whether a graph made them.
  static std::vector<double> Steps(Learner& learner, int64_t count) {
    std::vector<double> losses;
    for (int64_t i = 0; i < count; ++i) {
      StepRecord record = learner.Step(ViewsOf(learner.steps_done()));
      losses.push_back(record.output.loss.item<double>());
      EXPECT_TRUE(std::isfinite(record.late_gradient_norm.item<double>()));
      EXPECT_EQ(learner.TakeNote(), "");
    }
    return losses;
  }

  static void ExpectClose(const std::vector<double>& a,
                          const std::vector<double>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_NEAR(a[i], b[i], kOrderOfSums * std::abs(a[i])) << "step " << i;
    }
  }

  static Checkpoint Saved(Learner& learner) {
    Checkpoint checkpoint;
    EXPECT_TRUE(learner.Save(&checkpoint).ok());
    checkpoint.encoder = learner.method().encoder().spec().ShortDebugString();
    for (auto& [name, tensor] : checkpoint.tensors) {
      tensor = tensor.cpu().clone();
    }
    return checkpoint;
  }

  SingleProcess group_;
};

TEST_P(GraphTest, TrainsAsSingleLaunchesDo) {
  SNCLR_NEEDS_GPU();
  ASSERT_TRUE(OpenDevice(DeviceChoice::kCuda).ok());
  for (const Precision precision : {FP32, BF16, FP16}) {
    SCOPED_TRACE(Precision_Name(precision));
    const auto launched = NewLearner(precision, false);
    const auto repeated = NewLearner(precision, true);
    const std::vector<double> wanted = Steps(*launched, 12);
    ExpectClose(wanted, Steps(*repeated, 12));
    EXPECT_GT(std::abs(wanted.back() - wanted.front()), 1e-3);
    EXPECT_TRUE(repeated->CheckFinite().ok());
  }
}

TEST_P(GraphTest, ACheckpointGoesOnInEither) {
  SNCLR_NEEDS_GPU();
  ASSERT_TRUE(OpenDevice(DeviceChoice::kCuda).ok());
  for (const Precision precision : {FP32, FP16}) {
    SCOPED_TRACE(Precision_Name(precision));
    const auto whole = NewLearner(precision, true);
    Steps(*whole, 6);
    const Checkpoint half = Saved(*whole);
    const std::vector<double> wanted = Steps(*whole, 5);
    for (const bool graph : {false, true}) {
      const auto resumed = NewLearner(precision, graph);
      Steps(*resumed, 6);  // repeats already
      ASSERT_TRUE(resumed->Restore(half).ok());
      ExpectClose(wanted, Steps(*resumed, 5));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Methods, GraphTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(AttentionGpuTest, IsFusedInHalfPrecision) {
  SNCLR_NEEDS_GPU();
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16}) {
    // As vit_block.cc has it: heads are strided views.
    const at::Tensor rows =
        at::randn({4, 17, 3 * 64},
                  at::TensorOptions(at::kCUDA).dtype(type).requires_grad(true));
    const auto heads = [&](int64_t i) {
      return rows.narrow(2, 64 * i, 64).view({4, 17, 2, 32}).transpose(1, 2);
    };
    EXPECT_NE(at::_fused_sdp_choice(heads(0), heads(1), heads(2)), 0);
  }
}

}  // namespace
}  // namespace snclr
