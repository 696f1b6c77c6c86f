// SPDX-License-Identifier: MIT
#include "snclr/core/nn/heads.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/module_tensors.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"

namespace snclr {
namespace {

constexpr Tolerance kFloat32{1e-5, 1e-9};
constexpr Tolerance kFloat32Loss{0, 1e-4};  // sums of both signs cancel
constexpr Tolerance kFloat64{1e-12, 1e-12};

// Sequential index of the last Linear: Linear, BatchNorm, ReLU per layer.
int64_t LastLinear(const GoldenFile& golden) {
  return 3 * (golden.Int("layers") - 1);
}

// lightly keeps its Sequential under "layers.".
std::string NamePrefix(const GoldenFile& golden) {
  return golden.Has("param.layers.0.weight") ? "layers." : "";
}

// How a head ends is told by the tensors it has.
MlpHeadOptions OptionsOf(const GoldenFile& golden) {
  const auto has = [&](const char* kind, int64_t index, const char* name) {
    return golden.Has(absl::StrCat(kind, NamePrefix(golden), index, name));
  };
  const int64_t last = LastLinear(golden);
  MlpHeadOptions options;
  options.layers = golden.Int("layers");
  options.input_dim = golden.Int("input_dim");
  options.hidden_dim = golden.Int("hidden_dim");
  options.output_dim = golden.Int("output_dim");
  options.last_norm = has("buffer.", last + 1, ".running_mean");
  options.last_norm_affine = has("param.", last + 1, ".weight");
  options.last_linear_bias = has("param.", last, ".bias");
  options.hidden_linear_bias = last > 0 && has("param.", 0, ".bias");
  return options;
}

class Head {
 public:
  Head(const GoldenFile& golden, at::ScalarType dtype)
      : golden_(golden),
        head_(OptionsOf(golden), group_, /*seed=*/1, "head"),
        input_(golden.Tensor("in.x").to(dtype, false, /*copy=*/true)),
        cotangent_(golden.Tensor("in.cotangent").to(dtype)) {
    head_.to(golden.device(), dtype);
    input_.set_requires_grad(true);
    CopyByName(golden.WithPrefix("param." + NamePrefix(golden)), Parameters());
    CopyByName(golden.WithPrefix("buffer." + NamePrefix(golden)), Statistics());
  }

  void Run() {
    output_ = head_.Forward(input_);
    loss_ = output_.mul(cotangent_).sum();
    loss_.backward();
  }

  void CompareFloat32(Verdict& verdict) {
    const std::string prefix = NamePrefix(golden_);
    verdict.Compare("y", output_, golden_.Tensor("out.y"), kFloat32);
    verdict.Compare("loss", loss_, golden_.Tensor("out.loss"), kFloat32Loss);
    verdict.Compare("grad.x", input_.grad(), golden_.Tensor("grad.x"),
                    kFloat32);
    for (const auto& [name, parameter] : Parameters()) {
      verdict.Compare("grad." + name, parameter.grad(),
                      golden_.Tensor("grad.param." + prefix + name), kFloat32);
    }
    for (const auto& [name, buffer] : Statistics()) {
      verdict.Compare(name, buffer,
                      golden_.Tensor("out.buffer." + prefix + name), kFloat32);
    }
    head_.eval();
    verdict.Compare("y in evaluation", head_.Forward(input_),
                    golden_.Tensor("out.y_eval"), kFloat32);
  }

  void CompareFloat64(Verdict& verdict) {
    verdict.Compare("y float64", output_, golden_.Tensor("out64.y"), kFloat64);
    verdict.Compare("loss float64", loss_, golden_.Tensor("out64.loss"),
                    kFloat64);
    verdict.Compare("grad.x float64", input_.grad(), golden_.Tensor("grad64.x"),
                    kFloat64);
  }

 private:
  TensorMap Parameters() { return ByName(TrainedParameters(head_, "")); }
  TensorMap Statistics() { return ByName(Buffers(head_, "")); }

  const GoldenFile& golden_;
  SingleProcess group_;
  MlpHead head_;
  at::Tensor input_;
  at::Tensor cotangent_;
  at::Tensor output_;
  at::Tensor loss_;
};

}  // namespace

void CheckHeads(const GoldenFile& golden, Verdict& verdict) {
  Head single(golden, at::kFloat);
  single.Run();
  single.CompareFloat32(verdict);
  Head twice(golden, at::kDouble);
  twice.Run();
  twice.CompareFloat64(verdict);
}

}  // namespace snclr
