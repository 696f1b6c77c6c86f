// SPDX-License-Identifier: MIT
#include <ATen/core/Tensor.h>

#include <string>

#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/nn/vit.h"
#include "tools/conformance/cases.h"
#include "tools/conformance/modules.h"
#include "tools/conformance/vit_spec.h"

namespace snclr {
namespace {

constexpr Tolerance kFloat32{1e-5, 1e-8};
constexpr Tolerance kFloat64{1e-12};

class Vit {
 public:
  Vit(const GoldenFile& golden, at::ScalarType dtype)
      : encoder_(VitSpecOf(golden), /*seed=*/1),
        images_(golden.Tensor("in.x").to(dtype, false, /*copy=*/true)) {
    encoder_.to(golden.device(), dtype);
    images_.set_requires_grad(true);
    NamedTensors all = TrainedParameters(encoder_, "");
    Append(all, FrozenParameters(encoder_, ""));
    Append(all, Buffers(encoder_, ""));
    CopyByName(golden.WithPrefix("param."), ByName(all));
    features_ = encoder_.Forward(images_);
    loss_ = features_.square().sum();
  }

  void CompareFloat32(const GoldenFile& golden, Verdict& verdict) {
    verdict.Compare("tokens", encoder_.Tokens(images_),
                    golden.Tensor("out.tokens"), kFloat32);
    verdict.Compare("features", features_, golden.Tensor("out.features"),
                    kFloat32);
    verdict.Compare("loss", loss_, golden.Tensor("out.loss"), kFloat32);
    loss_.backward();
    verdict.Compare("grad.x", images_.grad(), golden.Tensor("grad.x"),
                    kFloat32);
    const TensorMap trained = ByName(TrainedParameters(encoder_, ""));
    const TensorMap expected = golden.WithPrefix("grad.param.");
    for (const auto& [name, gradient] : expected) {
      const auto found = trained.find(name);
      verdict.Require(found != trained.end(), name + " is trained");
      if (found == trained.end()) continue;
      verdict.Compare("grad." + name, found->second.grad(), gradient, kFloat32);
    }
    for (const auto& [name, parameter] : trained) {
      verdict.Require(expected.count(name) > 0, name + " is frozen");
    }
  }

  void CompareFloat64(const GoldenFile& golden, Verdict& verdict) {
    verdict.Compare("features float64", features_,
                    golden.Tensor("out64.features"), kFloat64);
    verdict.Compare("loss float64", loss_, golden.Tensor("out64.loss"),
                    kFloat64);
  }

 private:
  VisionTransformer encoder_;
  at::Tensor images_;
  at::Tensor features_;
  at::Tensor loss_;
};

}  // namespace

void CheckVitForward(const GoldenFile& golden, Verdict& verdict) {
  Vit(golden, at::kFloat).CompareFloat32(golden, verdict);
  Vit(golden, at::kDouble).CompareFloat64(golden, verdict);
}

}  // namespace snclr
