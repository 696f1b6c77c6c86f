// SPDX-License-Identifier: MIT
#include "tools/interchange/describe_encoder.h"

#include "absl/strings/str_cat.h"
#include "snclr/core/nn/vit.h"

namespace snclr {

std::string DescribeSizes(const EncoderSpec& spec) {
  const VitSize size = VitSizeOf(spec);
  return absl::StrCat(
      "ViT, width ", size.width, ", ", size.depth, " blocks, ", size.heads,
      " heads, ", size.patch_px, " px patches, images of ", size.image_px,
      " px",
      spec.vit().mlp_ratio() == 4 ? ""
                                  : absl::StrCat(", MLPs of ", size.mlp_hidden),
      spec.vit().positions() == LEARNED ? ", learned positions" : "");
}

std::string TimmConstructor(const EncoderSpec& spec) {
  const VitSize size = VitSizeOf(spec);
  return absl::StrCat(
      "VisionTransformer(img_size=", size.image_px,
      ", patch_size=", size.patch_px, ", embed_dim=", size.width,
      ", depth=", size.depth, ", num_heads=", size.heads,
      ", mlp_ratio=", spec.vit().mlp_ratio(), ", num_classes=0)");
}

std::string TorchvisionConstructor(const EncoderSpec& spec) {
  const VitSize size = VitSizeOf(spec);
  return absl::StrCat("VisionTransformer(image_size=", size.image_px,
                      ", patch_size=", size.patch_px,
                      ", num_layers=", size.depth, ", num_heads=", size.heads,
                      ", hidden_dim=", size.width,
                      ", mlp_dim=", size.mlp_hidden, ")");
}

}  // namespace snclr
