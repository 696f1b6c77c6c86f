// SPDX-License-Identifier: MIT
#include "tools/conformance/vit_spec.h"

namespace snclr {

EncoderSpec VitSpecOf(const GoldenFile& golden) {
  EncoderSpec spec;
  spec.set_image_size_px(golden.Int("image"));
  VitSpec& vit = *spec.mutable_vit();
  vit.set_variant(VIT_CUSTOM);
  vit.set_patch_size_px(golden.Int("patch"));
  vit.set_width(
      golden.Int(golden.HasText("embed_dim") ? "embed_dim" : "embed"));
  vit.set_depth(golden.Int("depth"));
  vit.set_heads(golden.Int("heads"));
  vit.set_mlp_ratio(golden.HasText("mlp_ratio") ? golden.Double("mlp_ratio")
                                                : 4);
  vit.set_freeze_patch_projection(golden.HasText("frozen_patch_projection") &&
                                  golden.Bool("frozen_patch_projection"));
  return spec;
}

}  // namespace snclr
