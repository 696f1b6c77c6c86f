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

 private:
  std::shared_ptr<Linear> fc1_;
  std::shared_ptr<Linear> fc2_;
};

// A pre-norm block: x += attn(norm1(x)), then x += mlp(norm2(x)).
class VitBlock : public torch::nn::Module {
 public:
  VitBlock(int64_t width, int64_t heads, int64_t mlp_hidden);

  // [N, L, E] -> [N, L, E]. The scales [N], where defined, are what each
  // image's attention and MLP are multiplied with.
  at::Tensor Forward(const at::Tensor& tokens,
                     const at::Tensor& attention_scale = {},
                     const at::Tensor& mlp_scale = {});

 private:
  std::shared_ptr<LayerNorm> norm1_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_VIT_BLOCK_H_
