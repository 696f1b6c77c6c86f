// SPDX-License-Identifier: MIT
#ifndef TOOLS_INTERCHANGE_DEDUCE_RESNET_H_
#define TOOLS_INTERCHANGE_DEDUCE_RESNET_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// Whether weights under our names, torchvision's, are a ResNet's.
bool IsResnet(const std::map<std::string, at::Tensor>& tensors);

// The ResNet that such weights are of, if they are of one of those that there
// are: the kind of the first block and the size of the first convolution tell.
// No weight shows the images' size: 32 px for the stem of small images, else
// 224.
EncoderSpec DeduceResnet(const std::map<std::string, at::Tensor>& tensors);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_DEDUCE_RESNET_H_
