// SPDX-License-Identifier: MIT
// One gated step on the CPU and on a GPU.
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/gated_step.h"
#include "snclr/core/optim/make_optimizer.h"
#include "snclr/core/optim/optim.pb.h"

namespace snclr {
namespace {

// Norms are summed in another order.
constexpr double kOrderOfSums = 1e-6;

OptimizerSpec Spec(OptimizerKind kind) {
  OptimizerSpec spec;
  spec.set_kind(kind);
  spec.set_weight_decay(0.1);
  spec.set_beta1(0.9);
  spec.set_beta2(0.999);
  spec.set_epsilon(1e-8);
  spec.set_momentum(0.9);
  spec.set_trust_coefficient(0.01);
  spec.set_clip_trust_ratio(true);
  return spec;
}

at::Tensor Leaf(at::IntArrayRef shape, at::Device device) {
  return at::linspace(-2, 3, c10::multiply_integers(shape))
      .sin()
      .view(shape)
      .to(device)
      .requires_grad_();
}

// Odd sizes, parts that do not decay, a momentum copy of the first two.
struct Training {
  Training(OptimizerKind kind, at::Device device,
           const GatedStepOptions& options)
      : parameters{{"a", Leaf({301, 211}, device)},
                   {"b", Leaf({4099}, device)},
                   {"c", Leaf({50021}, device)}},
        copies{{"m.a", Leaf({301, 211}, device).detach().neg()},
               {"m.b", Leaf({4099}, device).detach().neg()}},
        flat(parameters, FlatParameters::kWithGradients),
        momentum(copies, FlatParameters::kValuesOnly),
        optimizer(MakeOptimizer(Spec(kind), flat)),
        gated(*optimizer, flat, options) {}

  void Step(int step, double scale) {
    for (const NamedTensor& parameter : parameters) {
      parameter.tensor.mutable_grad().copy_(
          Leaf(parameter.tensor.sizes(), at::kCPU)
              .detach()
              .mul(step + 1)
              .cos()
              .mul(scale));
    }
    gated.Tell(1e-3 * step, 0.9 + 0.01 * step);
    gated.Step(&momentum);
  }

  NamedTensors parameters, copies;
  FlatParameters flat, momentum;
  std::unique_ptr<Optimizer> optimizer;
  GatedStep gated;
};

class GatedStepGpuTest : public testing::TestWithParam<OptimizerKind> {
 protected:
  static void ExpectEqual(const Training& cpu, const Training& gpu,
                          bool to_the_bit) {
    const auto same = [&](const at::Tensor& a, const at::Tensor& b) {
      return to_the_bit ? at::equal(a, b.cpu())
                        : at::allclose(a, b.cpu(), 1e-5, kOrderOfSums);
    };
    EXPECT_TRUE(same(cpu.flat.values(), gpu.flat.values()));
    EXPECT_TRUE(same(cpu.momentum.values(), gpu.momentum.values()));
    const NamedTensors a = cpu.optimizer->State(), b = gpu.optimizer->State();
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(same(a[i].tensor, b[i].tensor)) << a[i].name;
    }
  }
};

TEST_P(GatedStepGpuTest, IsThatOfTheCpu) {
  SNCLR_NEEDS_GPU();
  for (const double most : {0.0, 5.0}) {
    Training cpu(GetParam(), at::kCPU, {most, false});
    Training gpu(GetParam(), at::kCUDA, {most, false});
    for (int step = 0; step < 5; ++step) {
      cpu.Step(step, 1);
      gpu.Step(step, 1);
    }
    // No norm is in it.
    ExpectEqual(cpu, gpu, most == 0 && GetParam() != LARS);
  }
}

TEST_P(GatedStepGpuTest, SkipsAnOverflowAsTheCpuDoes) {
  SNCLR_NEEDS_GPU();
  Training cpu(GetParam(), at::kCPU, {5, true});
  Training gpu(GetParam(), at::kCUDA, {5, true});
  const double scales[] = {65536, std::numeric_limits<double>::infinity(),
                           32768, 32768};
  for (int step = 0; step < 4; ++step) {
    const at::Tensor before = gpu.flat.values().clone();
    cpu.Step(step + 1, scales[step]);
    gpu.Step(step + 1, scales[step]);
    EXPECT_EQ(at::equal(before, gpu.flat.values()), step == 1);
    EXPECT_TRUE(at::equal(cpu.gated.State()[0].tensor,
                          gpu.gated.State()[0].tensor.cpu()));
  }
  EXPECT_EQ(gpu.optimizer->steps(), 3);
  ExpectEqual(cpu, gpu, false);
}

INSTANTIATE_TEST_SUITE_P(All, GatedStepGpuTest,
                         testing::Values(ADAMW, LARS, SGD),
                         [](const auto& info) {
                           return OptimizerKind_Name(info.param);
                         });

}  // namespace
}  // namespace snclr
