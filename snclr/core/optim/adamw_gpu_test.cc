// SPDX-License-Identifier: MIT
// One AdamW on the CPU and on a GPU.
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>

#include <cstdint>

#include "gtest/gtest.h"
#include "snclr/core/base/gpu_testing.h"
#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"

namespace snclr {
namespace {

at::Tensor Leaf(at::IntArrayRef shape, at::ScalarType type, at::Device device) {
  const int64_t size = c10::multiply_integers(shape);
  return at::linspace(-2, 3, size, type)
      .sin()
      .view(shape)
      .to(device)
      .requires_grad_();
}

// Odd sizes, parts that do not decay, a momentum copy of the first two.
struct Training {
  Training(at::ScalarType type, at::Device device)
      : parameters{{"a", Leaf({301, 211}, type, device)},
                   {"b", Leaf({4099}, type, device)},
                   {"c", Leaf({50021}, type, device)}},
        copies{{"m.a", Leaf({301, 211}, type, device).detach().neg()},
               {"m.b", Leaf({4099}, type, device).detach().neg()}},
        flat(parameters, FlatParameters::kWithGradients),
        momentum(copies, FlatParameters::kValuesOnly),
        optimizer(flat, Options()) {}

  static AdamWOptions Options() {
    AdamWOptions options;
    options.decay_all = false;
    return options;
  }

  void Step(int step) {
    for (const NamedTensor& parameter : parameters) {
      const at::Tensor gradient = Leaf(parameter.tensor.sizes(),
                                       parameter.tensor.scalar_type(), at::kCPU)
                                      .detach()
                                      .mul(step + 1)
                                      .cos();
      parameter.tensor.mutable_grad().copy_(gradient);
    }
    const EmaTarget target = {momentum, 0.9};
    optimizer.Step(1e-3 * step, /*gradient_scale=*/0.5, &target);
  }

  NamedTensors parameters, copies;
  FlatParameters flat, momentum;
  AdamW optimizer;
};

TEST(AdamWGpuTest, HasTheBitsOfTheCpu) {
  SNCLR_NEEDS_GPU();
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    Training cpu(type, at::kCPU), gpu(type, at::kCUDA);
    for (int step = 0; step < 5; ++step) {
      cpu.Step(step);
      gpu.Step(step);
    }
    EXPECT_TRUE(at::equal(cpu.flat.values(), gpu.flat.values().cpu()));
    EXPECT_TRUE(at::equal(cpu.momentum.values(), gpu.momentum.values().cpu()));
    const NamedTensors a = cpu.optimizer.State(), b = gpu.optimizer.State();
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(at::equal(a[i].tensor, b[i].tensor.cpu())) << a[i].name;
    }
  }
}

}  // namespace
}  // namespace snclr
