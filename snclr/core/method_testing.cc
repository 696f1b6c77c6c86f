// SPDX-License-Identifier: MIT
#include "snclr/core/method_testing.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <c10/util/Exception.h>

#include "snclr/core/ops/tensor_testing.h"

namespace snclr {

std::shared_ptr<Encoder> SmallEncoder() {
  EncoderSpec spec;
  spec.set_image_size_px(32);
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(8);
  vit.set_width(96);
  vit.set_depth(2);
  vit.set_heads(3);
  vit.set_mlp_ratio(4);
  vit.set_freeze_patch_projection(true);
  return *MakeEncoder(spec, /*seed=*/1);
}

Views BlobViews(int64_t batch, uint64_t seed) {
  const at::Tensor blobs =
      at::upsample_bilinear2d(Draws({batch, 3, 5, 5}, seed).to(at::kFloat),
                              {32, 32}, /*align_corners=*/true);
  const auto view = [&](uint64_t noise) {
    return blobs + 0.3 * Draws(blobs.sizes(), noise).to(at::kFloat);
  };
  return {view(seed + 1000), view(seed + 2000)};
}

HeadSpec SmallHead(int layers, int output_dim) {
  HeadSpec spec;
  spec.set_layers(layers);
  spec.set_hidden_dim(128);
  spec.set_output_dim(output_dim);
  return spec;
}

at::Tensor Named(const NamedTensors& tensors, const std::string& name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor.tensor;
  }
  TORCH_CHECK(false, "no tensor '", name, "'");
}

std::set<std::string> NamesOf(const NamedTensors& tensors) {
  std::set<std::string> names;
  for (const NamedTensor& tensor : tensors) names.insert(tensor.name);
  return names;
}

void CopyAll(Method& from, Method& to) {
  const at::NoGradGuard no_gradient;
  const auto copy = [](const NamedTensors& source, const NamedTensors& target) {
    TORCH_CHECK(source.size() == target.size(), source.size(), " tensors for ",
                target.size());
    for (size_t i = 0; i < source.size(); ++i) {
      at::Tensor(target[i].tensor).copy_(source[i].tensor);
    }
  };
  copy(from.TrainedParameters(), to.TrainedParameters());
  copy(from.MomentumParameters(), to.MomentumParameters());
  copy(from.State(), to.State());
}

}  // namespace snclr
