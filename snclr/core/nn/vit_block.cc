// SPDX-License-Identifier: MIT
#include "snclr/core/nn/vit_block.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/add.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include "snclr/core/nn/fused_block.h"

namespace snclr {
namespace {

// tokens + branch, in the branch's memory where that is of the same type: it
// comes from a linear map, whose output no backward pass needs. Under autocast
// the branch is the narrower one, and the residual stays wide.
at::Tensor AddTo(const at::Tensor& tokens, at::Tensor branch,
                 const at::Tensor& scale) {
  if (scale.defined()) branch.mul_(scale.view({-1, 1, 1}));
  if (branch.scalar_type() != tokens.scalar_type()) {
    return at::add(tokens, branch);
  }
  return branch.add_(tokens);
}

}  // namespace

Attention::Attention(int64_t width, int64_t heads)
    : heads_(heads),
      qkv_(register_module("qkv",
                           std::make_shared<Linear>(width, 3 * width, true))),
      proj_(register_module("proj",
                            std::make_shared<Linear>(width, width, true))) {}

// Queries, keys and values stay where the projection wrote them: the heads are
// strided views, and what attention gives lies as the next projection wants it.
at::Tensor Attention::Forward(const at::Tensor& tokens) {
  const int64_t n = tokens.size(0), length = tokens.size(1),
                width = tokens.size(2);
  const auto qkv = qkv_->Forward(tokens).split(width, /*dim=*/2);
  const auto heads = [&](const at::Tensor& columns) {
    return columns.view({n, length, heads_, width / heads_}).transpose(1, 2);
  };
  const at::Tensor mixed = at::scaled_dot_product_attention(
      heads(qkv[0]), heads(qkv[1]), heads(qkv[2]));
  return proj_->Forward(mixed.transpose(1, 2).reshape({n, length, width}));
}

Mlp::Mlp(int64_t width, int64_t hidden)
    : fc1_(register_module("fc1",
                           std::make_shared<Linear>(width, hidden, true))),
      fc2_(register_module("fc2",
                           std::make_shared<Linear>(hidden, width, true))) {}

at::Tensor Mlp::Forward(const at::Tensor& tokens) {
  return fc2_->Forward(at::gelu(fc1_->Forward(tokens)));
}

VitBlock::VitBlock(int64_t width, int64_t heads, int64_t mlp_hidden)
    : norm1_(register_module("norm1", std::make_shared<LayerNorm>(width))),
      attn_(register_module("attn", std::make_shared<Attention>(width, heads))),
      norm2_(register_module("norm2", std::make_shared<LayerNorm>(width))),
      mlp_(register_module("mlp", std::make_shared<Mlp>(width, mlp_hidden))) {}

bool VitBlock::IsFused(const at::Tensor& tokens) const {
  return tokens.is_cpu() && !at::autocast::is_autocast_enabled(at::kCPU) &&
         (tokens.scalar_type() == at::kFloat ||
          tokens.scalar_type() == at::kDouble) &&
         tokens.scalar_type() == norm1_->weight().scalar_type();
}

at::Tensor VitBlock::ForwardFused(const at::Tensor& tokens,
                                  bool first_token_only) {
  return FusedBlock(
      tokens,
      {norm1_->weight(), norm1_->bias(), attn_->qkv().weight, attn_->qkv().bias,
       attn_->proj().weight, attn_->proj().bias, norm2_->weight(),
       norm2_->bias(), mlp_->fc1().weight, mlp_->fc1().bias, mlp_->fc2().weight,
       mlp_->fc2().bias},
      {attn_->heads(), LayerNorm::kEpsilon, first_token_only});
}

at::Tensor VitBlock::Forward(const at::Tensor& tokens,
                             const at::Tensor& attention_scale,
                             const at::Tensor& mlp_scale) {
  const bool scaled = attention_scale.defined() || mlp_scale.defined();
  return !scaled && IsFused(tokens)
             ? ForwardFused(tokens, /*first_token_only=*/false)
             : ForwardByModules(tokens, attention_scale, mlp_scale);
}

at::Tensor VitBlock::ForwardFirstToken(const at::Tensor& tokens) {
  return IsFused(tokens) ? ForwardFused(tokens, /*first_token_only=*/true)
                         : ForwardByModules(tokens).select(1, 0);
}

at::Tensor VitBlock::ForwardByModules(const at::Tensor& tokens,
                                      const at::Tensor& attention_scale,
                                      const at::Tensor& mlp_scale) {
  const at::Tensor attended =
      AddTo(tokens, attn_->Forward(norm1_->Forward(tokens)), attention_scale);
  return AddTo(attended, mlp_->Forward(norm2_->Forward(attended)), mlp_scale);
}

}  // namespace snclr
