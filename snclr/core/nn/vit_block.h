// SPDX-License-Identifier: MIT
#ifndef SNCLR_CORE_NN_VIT_BLOCK_H_
#define SNCLR_CORE_NN_VIT_BLOCK_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "snclr/core/nn/layer_norm.h"
#include "snclr/core/nn/linear.h"

namespace snclr {

// softmax(q k^T / sqrt(E / heads)) v per head, between one projection to q, k
// and v and one back (Vaswani et al., arXiv:1706.03762). Parameters qkv (rows:
// q, k, v, within each the heads) and proj.
class Attention : public torch::nn::Module {
 public:
  // `heads` must divide `width`.
  Attention(int64_t width, int64_t heads);

  // [N, L, E] -> [N, L, E].
  at::Tensor Forward(const at::Tensor& tokens);

  int64_t heads() const { return heads_; }
  const Linear& qkv() const { return *qkv_; }
  const Linear& proj() const { return *proj_; }

 private:
  const int64_t heads_;
  std::shared_ptr<Linear> qkv_;
  std::shared_ptr<Linear> proj_;
};

// fc2(gelu(fc1(x))), exact GELU.
class Mlp : public torch::nn::Module {
 public:
  Mlp(int64_t width, int64_t hidden);

  // [..., E] -> [..., E].
  at::Tensor Forward(const at::Tensor& tokens);

  const Linear& fc1() const { return *fc1_; }
  const Linear& fc2() const { return *fc2_; }

 private:
  std::shared_ptr<Linear> fc1_;
  std::shared_ptr<Linear> fc2_;
};

// A pre-norm block: x += attn(norm1(x)), then x += mlp(norm2(x)).
class VitBlock : public torch::nn::Module {
 public:
  VitBlock(int64_t width, int64_t heads, int64_t mlp_hidden);

  // [N, L, E] -> [N, L, E]. The scales [N], where defined, are what each
  // image's attention and MLP are multiplied with. Without them, and without
  // autocast, a CPU takes fused_block.h.
  at::Tensor Forward(const at::Tensor& tokens,
                     const at::Tensor& attention_scale = {},
                     const at::Tensor& mlp_scale = {});

  // The first token of each image of Forward(tokens), [N, E]; where fused, the
  // others are not computed.
  at::Tensor ForwardFirstToken(const at::Tensor& tokens);

  // Forward(tokens) by the modules: what the fused form must equal.
  at::Tensor ForwardByModules(const at::Tensor& tokens,
                              const at::Tensor& attention_scale = {},
                              const at::Tensor& mlp_scale = {});

 private:
  bool IsFused(const at::Tensor& tokens) const;
  at::Tensor ForwardFused(const at::Tensor& tokens, bool first_token_only);

  std::shared_ptr<LayerNorm> norm1_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_VIT_BLOCK_H_
