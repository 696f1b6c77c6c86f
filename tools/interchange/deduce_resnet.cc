// SPDX-License-Identifier: MIT
#include "tools/interchange/deduce_resnet.h"

namespace snclr {

constexpr char kFirstWeight[] = "conv1.weight";

bool IsResnet(const std::map<std::string, at::Tensor>& tensors) {
  return tensors.count(kFirstWeight) > 0;
}

EncoderSpec DeduceResnet(const std::map<std::string, at::Tensor>& tensors) {
  const at::Tensor& first = tensors.at(kFirstWeight);
  const bool small = first.dim() == 4 && first.size(2) == 3;
  EncoderSpec spec;
  spec.set_image_size_px(small ? 32 : 224);
  ResnetSpec& resnet = *spec.mutable_resnet();
  // A third convolution makes a block a bottleneck.
  const bool is_deep = tensors.count("layer1.0.conv3.weight") > 0;
  resnet.set_variant(is_deep ? RESNET50 : RESNET18);
  resnet.set_small_image_stem(small);
  resnet.set_zero_init_residual(true);
  return spec;
}

}  // namespace snclr
