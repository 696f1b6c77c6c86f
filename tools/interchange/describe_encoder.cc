// SPDX-License-Identifier: MIT
#include "tools/interchange/describe_encoder.h"

#include "absl/strings/str_cat.h"
#include "snclr/core/nn/vit.h"

namespace snclr {

std::string DescribeSizes(const EncoderSpec& spec) {
  if (spec.has_resnet()) {
    return absl::StrCat(
        spec.resnet().variant() == RESNET18 ? "ResNet-18" : "ResNet-50",
        spec.resnet().small_image_stem() ? " with a 3 x 3 stem" : "",
        ", images of ", spec.image_size_px(), " px");
  }
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
      "model = timm.models.vision_transformer.VisionTransformer(img_size=",
      size.image_px, ", patch_size=", size.patch_px, ", embed_dim=", size.width,
      ", depth=", size.depth, ", num_heads=", size.heads,
      ", mlp_ratio=", spec.vit().mlp_ratio(), ", num_classes=0)");
}

std::string TorchvisionConstructor(const EncoderSpec& spec) {
  if (spec.has_resnet()) {
    return absl::StrCat(
        "model = torchvision.models.",
        spec.resnet().variant() == RESNET18 ? "resnet18" : "resnet50",
        "(); model.fc = torch.nn.Identity()",
        spec.resnet().small_image_stem()
            ? "; model.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, "
              "bias=False); model.maxpool = torch.nn.Identity()"
            : "");
  }
  const VitSize size = VitSizeOf(spec);
  return absl::StrCat(
      "model = torchvision.models.VisionTransformer(image_size=", size.image_px,
      ", patch_size=", size.patch_px, ", num_layers=", size.depth,
      ", num_heads=", size.heads, ", hidden_dim=", size.width,
      ", mlp_dim=", size.mlp_hidden, "); model.heads = torch.nn.Identity()");
}

}  // namespace snclr
