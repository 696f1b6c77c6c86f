// SPDX-License-Identifier: MIT
// The vision transformer of MoCo v3 (Chen et al., arXiv:2104.02057, vits.py
// over timm 0.4.9): pre-norm blocks, fixed sine-cosine positions, a class
// token.
#ifndef SNCLR_CORE_NN_VIT_H_
#define SNCLR_CORE_NN_VIT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/encoder.pb.h"
#include "snclr/core/nn/layer_norm.h"
#include "snclr/core/nn/vit_block.h"

namespace snclr {

// Sizes of a transformer, and nothing else about it.
struct VitSize {
  int64_t image_px;
  int64_t patch_px;
  int64_t width;  // E, a multiple of 4 and of heads
  int64_t depth;  // blocks
  int64_t heads;
  int64_t mlp_hidden;

  int64_t grid() const { return image_px / patch_px; }
  int64_t tokens() const { return grid() * grid() + 1; }  // L
};

// The sizes that a resolved spec asks for, its variant looked up. Checks
// nothing.
VitSize VitSizeOf(const EncoderSpec& spec);

// Parameters have timm's names: cls_token, pos_embed (no gradient unless the
// spec says LEARNED), patch_embed.proj, blocks.N.{norm1, attn.qkv, attn.proj,
// norm2, mlp.fc1, mlp.fc2}, norm. A frozen patch projection has no gradient,
// weight and bias.
//
// Initial weights (each a function of seed and its name): uniform within
// Xavier's bound, where q, k and v count as matrices of their own and the patch
// projection as one of 3 patch^2 to E; biases 0; norms 1 and 0; class token
// N(0, 1e-6^2); learned positions N(0, 0.02^2).
class VisionTransformer : public Encoder {
 public:
  // A spec that MakeEncoder (encoder.h) accepts; it is the door for users.
  VisionTransformer(const EncoderSpec& spec, uint64_t seed);

  // images [N, 3, S, S] -> [N, E]: the class token behind the last norm.
  // Images do not mix: both views may come as one batch.
  at::Tensor Forward(const at::Tensor& images) override;

  int64_t branches() const override { return 2 * size_.depth; }
  at::Tensor ForwardScaled(const at::Tensor& images,
                           const at::Tensor& scales) override;

  // What enters the first block, [N, L, E]: class token and patches, with
  // positions.
  at::Tensor Tokens(const at::Tensor& images);

  int64_t feature_dim() const override { return size_.width; }
  at::Tensor first_weight() const override;

  const VitSize& size() const { return size_; }

 private:
  class PatchEmbedding;

  void DrawWeights(uint64_t seed);

  const VitSize size_;
  at::Tensor cls_token_;  // [1, 1, E]
  at::Tensor pos_embed_;  // [1, L, E]
  std::shared_ptr<PatchEmbedding> patch_embed_;
  std::vector<std::shared_ptr<VitBlock>> blocks_;
  std::shared_ptr<LayerNorm> norm_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_VIT_H_
