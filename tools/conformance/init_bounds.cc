// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/nn/vit.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"
#include "tools/conformance/vit_spec.h"

namespace snclr {
namespace {

constexpr double kBounds = 1e-12;
constexpr double kFloat32 = 1e-6;  // a bound rounded to float32
constexpr double kDeviations = 6;  // of a statistic from its expectation
constexpr double kEdge = 20;       // no sample in the last 20/n: chance 2e-9

// The fan that the published initialisation gives a weight: input plus output,
// q, k and v each by themselves.
double ExpectedBound(const GoldenFile& golden, const std::string& name,
                     const at::Tensor& weight) {
  const int64_t embed = golden.Int("embed_dim");
  if (name == "head.weight")
    return XavierBound(embed, golden.Int("num_classes"));
  const int64_t input = weight.numel() / weight.size(0);
  if (absl::EndsWith(name, "qkv.weight")) {
    return XavierBound(input, weight.size(0) / 3);
  }
  return XavierBound(input, weight.size(0));
}

// Whether samples look as drawn from U(-bound, bound).
void CheckUniform(const std::string& name, const at::Tensor& weight,
                  double bound, Verdict& verdict) {
  const auto samples = weight.detach().to(at::kDouble).flatten();
  const double n = samples.numel();
  const double largest = samples.abs().max().item<double>();
  verdict.Require(largest <= bound * (1 + kFloat32),
                  name + " is within its bound");
  verdict.Require(largest >= bound * (1 - kEdge / n),
                  name + " reaches its bound");
  const double std = bound / std::sqrt(3.0);
  // The fourth moment of a uniform distribution is 1.8 std^4.
  verdict.Require(std::abs(samples.std().item<double>() - std) <=
                      kDeviations * std * std::sqrt(0.2 / n),
                  name + " has the standard deviation bound / sqrt(3)");
  verdict.Require(std::abs(samples.mean().item<double>()) <=
                      kDeviations * std / std::sqrt(n),
                  name + " has the mean 0");
}

// Biases 0, norms 1 and 0, class token N(0, std^2).
void CheckOthers(const TensorMap& parameters, double cls_token_std,
                 Verdict& verdict) {
  for (const auto& [name, parameter] : parameters) {
    if (absl::EndsWith(name, ".bias")) {
      verdict.Require(parameter.eq(0).all().item<bool>(), name + " is 0");
    } else if (absl::EndsWith(name, "norm.weight") ||
               absl::EndsWith(name, "norm1.weight") ||
               absl::EndsWith(name, "norm2.weight")) {
      verdict.Require(parameter.eq(1).all().item<bool>(), name + " is 1");
    }
  }
  const auto token = parameters.at("cls_token").detach().to(at::kDouble);
  const double n = token.numel();
  verdict.Require(
      std::abs(token.square().mean().sqrt().item<double>() - cls_token_std) <=
          kDeviations * cls_token_std / std::sqrt(2 * n),
      "cls_token has its standard deviation");
}

}  // namespace

void CheckInitBounds(const GoldenFile& golden, Verdict& verdict) {
  const VisionTransformer encoder(VitSpecOf(golden),
                                  /*seed=*/golden.Int("seed"));
  NamedTensors all = TrainedParameters(encoder, "");
  Append(all, FrozenParameters(encoder, ""));
  const TensorMap parameters = ByName(all);

  const std::vector<std::string> order =
      absl::StrSplit(golden.Text("order"), ' ', absl::SkipEmpty());
  const auto bounds = golden.Tensor("out.bounds");
  TORCH_CHECK(bounds.numel() == static_cast<int64_t>(order.size()),
              golden.path(), ": ", bounds.numel(), " bounds for ", order.size(),
              " names");
  for (size_t i = 0; i < order.size(); ++i) {
    const std::string& name = order[i];
    const double bound = bounds[i].item<double>();
    const auto found = parameters.find(name);
    // An encoder of ours ends before the head that MoCo v3 makes and replaces.
    TORCH_CHECK(found != parameters.end() || name == "head.weight",
                "the encoder has no ", name);
    const at::Tensor weight =
        found == parameters.end() ? at::Tensor() : found->second;
    verdict.Compare("bound of " + name, ExpectedBound(golden, name, weight),
                    bound, {kBounds});
    if (weight.defined()) CheckUniform(name, weight, bound, verdict);
  }
  CheckOthers(parameters, golden.Double("cls_token_std"), verdict);
}

}  // namespace snclr
