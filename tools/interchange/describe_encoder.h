// SPDX-License-Identifier: MIT
#ifndef TOOLS_INTERCHANGE_DESCRIBE_ENCODER_H_
#define TOOLS_INTERCHANGE_DESCRIBE_ENCODER_H_

#include <string>

#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// "ViT, width 384, 12 blocks, 12 heads, 16 px patches, images of 224 px": what
// somebody needs who makes the same network elsewhere, so a variant's numbers
// and not its name.
std::string DescribeSizes(const EncoderSpec& spec);

// How another library makes this encoder: "VisionTransformer(img_size=224,
// ...)".
std::string TimmConstructor(const EncoderSpec& spec);
std::string TorchvisionConstructor(const EncoderSpec& spec);

}  // namespace snclr

#endif  // TOOLS_INTERCHANGE_DESCRIBE_ENCODER_H_
