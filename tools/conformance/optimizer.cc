// SPDX-License-Identifier: MIT
#include "snclr/core/optim/optimizer.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/nn/named_tensor.h"
#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/lars.h"
#include "tools/conformance/cases.h"

namespace snclr {
namespace {

// Five steps in float32, each tensor against its largest value.
constexpr Tolerance kFloat32{2e-6};

// Copies of <prefix>0, <prefix>1, ..., as a method's parameters.
NamedTensors Parameters(const GoldenFile& golden, const std::string& prefix,
                        bool trained) {
  NamedTensors parameters;
  for (int64_t j = 0; j < golden.Int("parameters"); ++j) {
    auto tensor = golden.Tensor(absl::StrCat(prefix, j)).clone();
    tensor.set_requires_grad(trained);
    parameters.push_back({absl::StrCat("param", j), tensor});
  }
  return parameters;
}

// What a step is given: <prefix>j into each of `tensors`.
void CopyIn(const GoldenFile& golden, const std::string& prefix,
            const std::vector<at::Tensor>& tensors) {
  const at::NoGradGuard no_grad;
  for (size_t j = 0; j < tensors.size(); ++j) {
    tensors[j].copy_(golden.Tensor(absl::StrCat(prefix, j)));
  }
}

void CompareAll(const GoldenFile& golden, const std::string& prefix,
                const std::vector<at::Tensor>& tensors, Verdict& verdict) {
  for (size_t j = 0; j < tensors.size(); ++j) {
    const std::string name = absl::StrCat(prefix, j);
    verdict.Compare(name, tensors[j], golden.Tensor(name), kFloat32);
  }
}

std::vector<at::Tensor> Values(const NamedTensors& named) {
  std::vector<at::Tensor> tensors;
  for (const NamedTensor& one : named) tensors.push_back(one.tensor);
  return tensors;
}

std::vector<at::Tensor> Gradients(const NamedTensors& named) {
  std::vector<at::Tensor> tensors;
  for (const NamedTensor& one : named) tensors.push_back(one.tensor.grad());
  return tensors;
}

// One value a step.
std::vector<double> PerStep(const GoldenFile& golden, const std::string& key) {
  std::vector<double> values = golden.Doubles(key);
  TORCH_CHECK(static_cast<int64_t>(values.size()) == golden.Int("steps"),
              golden.path(), ": ", values.size(), " values of '", key, "' for ",
              golden.Int("steps"), " steps");
  return values;
}

// The optimizer's steps, then its buffers: ours by the published name.
void CheckSteps(const GoldenFile& golden, const NamedTensors& parameters,
                Optimizer& optimizer,
                const std::map<std::string, std::string>& buffers,
                Verdict& verdict) {
  std::string step;
  int64_t i = 0;
  for (const double lr : PerStep(golden, "lr")) {
    step = absl::StrCat("step", i++);
    CopyIn(golden, step + ".in.grad", Gradients(parameters));
    optimizer.Step(lr);
    CompareAll(golden, step + ".out.param", Values(parameters), verdict);
  }
  std::map<std::string, at::Tensor> state;
  for (const NamedTensor& one : optimizer.State()) state[one.name] = one.tensor;
  for (const auto& [published, ours] : buffers) {
    std::vector<at::Tensor> tensors;
    for (const NamedTensor& one : parameters) {
      tensors.push_back(state.at(ours + "." + one.name));
    }
    CompareAll(golden, step + ".out." + published, tensors, verdict);
  }
}

void CheckLars(const GoldenFile& golden, Verdict& verdict) {
  const NamedTensors parameters = Parameters(golden, "in.param", true);
  FlatParameters flat(parameters, FlatParameters::kWithGradients);
  LarsOptions options;
  options.weight_decay = golden.Double("weight_decay");
  options.momentum = golden.Double("momentum");
  options.trust_coefficient = golden.Double("trust_coefficient");
  Lars optimizer(flat, options);
  CheckSteps(golden, parameters, optimizer, {{"momentum", "velocity"}},
             verdict);
}

void CheckAdamW(const GoldenFile& golden, Verdict& verdict) {
  const NamedTensors parameters = Parameters(golden, "in.param", true);
  FlatParameters flat(parameters, FlatParameters::kWithGradients);
  const std::vector<double> betas = golden.Doubles("betas");
  TORCH_CHECK(betas.size() == 2, golden.path(), ": ", betas.size(), " betas");
  AdamWOptions options;
  options.weight_decay = golden.Double("weight_decay");
  options.beta1 = betas[0];
  options.beta2 = betas[1];
  options.epsilon = golden.Double("eps");
  AdamW optimizer(flat, options);
  CheckSteps(golden, parameters, optimizer,
             {{"exp_avg", "exp_avg"}, {"exp_avg_sq", "exp_avg_sq"}}, verdict);
}

void CheckEma(const GoldenFile& golden, Verdict& verdict) {
  const NamedTensors base = Parameters(golden, "step0.in.base_param", true);
  const NamedTensors copies = Parameters(golden, "in.momentum_param", false);
  FlatParameters trained(base, FlatParameters::kWithGradients);
  FlatParameters momentum(copies, FlatParameters::kValuesOnly);
  int64_t i = 0;
  for (const double m : PerStep(golden, "m")) {
    const std::string step = absl::StrCat("step", i++);
    CopyIn(golden, step + ".in.base_param", Values(base));
    UpdateEma(trained, {momentum, m});
    CompareAll(golden, step + ".out.momentum_param", Values(copies), verdict);
  }
}

}  // namespace

void CheckOptimizer(const GoldenFile& golden, Verdict& verdict) {
  const std::string& kind = golden.Text("optimizer");
  if (kind == "adamw") {
    CheckAdamW(golden, verdict);
  } else if (kind == "lars") {
    CheckLars(golden, verdict);
  } else if (kind == "ema") {
    CheckEma(golden, verdict);
  } else {
    verdict.Skip(kind + ": not built");
  }
}

}  // namespace snclr
