// SPDX-License-Identifier: MIT
#include "snclr/core/nn/vit.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <string>

#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/linear.h"
#include "snclr/core/nn/position_embedding.h"

namespace snclr {

constexpr double kLayerNormEpsilon = 1e-6;
constexpr double kClassTokenStd = 1e-6;
constexpr int64_t kChannels = 3;

VitSize VitSizeOf(const EncoderSpec& spec) {
  const VitSpec& vit = spec.vit();
  VitSize size{};
  size.image_px = spec.image_size_px();
  size.patch_px = vit.patch_size_px();
  const auto set = [&size](int64_t width, int64_t depth, int64_t heads) {
    size.width = width;
    size.depth = depth;
    size.heads = heads;
  };
  switch (vit.variant()) {
    case VIT_TINY:
      set(192, 12, 3);
      break;
    case VIT_SMALL:
      set(384, 12, 12);
      break;
    case VIT_BASE:
      set(768, 12, 12);
      break;
    case VIT_LARGE:
      set(1024, 24, 16);
      break;
    default:
      set(vit.width(), vit.depth(), vit.heads());
      break;
  }
  size.mlp_hidden = static_cast<int64_t>(size.width * vit.mlp_ratio());
  return size;
}

class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(int64_t width)
      : weight_(register_parameter("weight", at::ones({width}, at::kFloat))),
        bias_(register_parameter("bias", at::zeros({width}, at::kFloat))) {}

  at::Tensor Forward(const at::Tensor& x) {
    return at::layer_norm(x, weight_.sizes(), weight_, bias_,
                          kLayerNormEpsilon);
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

// Each patch, [3, P, P], through one linear map.
class PatchEmbedding : public torch::nn::Module {
 public:
  explicit PatchEmbedding(const VitSize& size) : size_(size) {
    auto proj = std::make_shared<torch::nn::Module>("Projection");
    weight = proj->register_parameter(
        "weight",
        at::zeros({size.width, kChannels, size.patch_px, size.patch_px},
                  at::kFloat));
    bias =
        proj->register_parameter("bias", at::zeros({size.width}, at::kFloat));
    register_module("proj", std::move(proj));
  }

  // [N, 3, S, S] -> [N, L - 1, E], patches in row-major order.
  at::Tensor Forward(const at::Tensor& images) {
    const int64_t n = images.size(0);
    const int64_t grid = size_.grid();
    const int64_t patch = size_.patch_px;
    const at::Tensor patches =
        images.reshape({n, kChannels, grid, patch, grid, patch})
            .permute({0, 2, 4, 1, 3, 5})
            .reshape({n, grid * grid, kChannels * patch * patch});
    return at::linear(patches, weight.flatten(1), bias);
  }

  at::Tensor weight;  // [E, 3, P, P]
  at::Tensor bias;    // [E]

 private:
  const VitSize size_;
};

class Attention : public torch::nn::Module {
 public:
  explicit Attention(const VitSize& size)
      : heads_(size.heads),
        qkv_(register_module(
            "qkv", std::make_shared<Linear>(size.width, 3 * size.width, true))),
        proj_(register_module(
            "proj", std::make_shared<Linear>(size.width, size.width, true))) {}

  // [N, L, E] -> [N, L, E]. Queries, keys and values stay where the projection
  // wrote them; the heads are strided views.
  at::Tensor Forward(const at::Tensor& x) {
    const int64_t n = x.size(0), tokens = x.size(1), width = x.size(2);
    const auto qkv = qkv_->Forward(x).split(width, /*dim=*/2);
    const auto heads = [&](const at::Tensor& columns) {
      return columns.view({n, tokens, heads_, width / heads_}).transpose(1, 2);
    };
    const at::Tensor mixed = at::scaled_dot_product_attention(
        heads(qkv[0]), heads(qkv[1]), heads(qkv[2]));
    return proj_->Forward(mixed.transpose(1, 2).reshape({n, tokens, width}));
  }

 private:
  const int64_t heads_;
  std::shared_ptr<Linear> qkv_;
  std::shared_ptr<Linear> proj_;
};

class Mlp : public torch::nn::Module {
 public:
  explicit Mlp(const VitSize& size)
      : fc1_(register_module("fc1", std::make_shared<Linear>(
                                        size.width, size.mlp_hidden, true))),
        fc2_(register_module("fc2", std::make_shared<Linear>(
                                        size.mlp_hidden, size.width, true))) {}

  at::Tensor Forward(const at::Tensor& x) {
    return fc2_->Forward(at::gelu(fc1_->Forward(x)));
  }

 private:
  std::shared_ptr<Linear> fc1_;
  std::shared_ptr<Linear> fc2_;
};

class VitBlock : public torch::nn::Module {
 public:
  explicit VitBlock(const VitSize& size)
      : norm1_(
            register_module("norm1", std::make_shared<LayerNorm>(size.width))),
        attn_(register_module("attn", std::make_shared<Attention>(size))),
        norm2_(
            register_module("norm2", std::make_shared<LayerNorm>(size.width))),
        mlp_(register_module("mlp", std::make_shared<Mlp>(size))) {}

  // The residual is added in place: no backward pass needs what a linear map
  // gave.
  at::Tensor Forward(const at::Tensor& x) {
    const at::Tensor attended = attn_->Forward(norm1_->Forward(x)).add_(x);
    return mlp_->Forward(norm2_->Forward(attended)).add_(attended);
  }

 private:
  std::shared_ptr<LayerNorm> norm1_;
  std::shared_ptr<Attention> attn_;
  std::shared_ptr<LayerNorm> norm2_;
  std::shared_ptr<Mlp> mlp_;
};

VisionTransformer::VisionTransformer(const EncoderSpec& spec, uint64_t seed)
    : Encoder(spec), size_(VitSizeOf(spec)) {
  cls_token_ = register_parameter("cls_token",
                                  at::zeros({1, 1, size_.width}, at::kFloat));
  pos_embed_ = register_parameter("pos_embed",
                                  SinCosPositions(size_.grid(), size_.width),
                                  /*requires_grad=*/false);
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbedding>(size_));
  const auto blocks =
      register_module("blocks", std::make_shared<torch::nn::Module>("Blocks"));
  for (int64_t i = 0; i < size_.depth; ++i) {
    blocks_.push_back(blocks->register_module(
        std::to_string(i), std::make_shared<VitBlock>(size_)));
  }
  norm_ = register_module("norm", std::make_shared<LayerNorm>(size_.width));
  DrawWeights(seed);
  if (spec.vit().freeze_patch_projection()) {
    patch_embed_->weight.set_requires_grad(false);
    patch_embed_->bias.set_requires_grad(false);
  }
}

// Matrices are drawn, vectors stay as they are made.
void VisionTransformer::DrawWeights(uint64_t seed) {
  for (const auto& parameter : named_parameters()) {
    const at::Tensor& weight = parameter.value();
    const std::string& name = parameter.key();
    if (name == "cls_token") {
      FillNormal(weight, kClassTokenStd, seed, name);
    } else if (name == "patch_embed.proj.weight") {
      FillUniform(
          weight,
          XavierBound(kChannels * size_.patch_px * size_.patch_px, size_.width),
          seed, name);
    } else if (weight.dim() == 2) {
      const bool is_qkv = name.find(".attn.qkv.") != std::string::npos;
      const int64_t outputs = is_qkv ? size_.width : weight.size(0);
      FillUniform(weight, XavierBound(weight.size(1), outputs), seed, name);
    }
  }
}

at::Tensor VisionTransformer::Tokens(const at::Tensor& images) {
  TORCH_CHECK(images.dim() == 4 && images.size(1) == kChannels &&
                  images.size(2) == size_.image_px &&
                  images.size(3) == size_.image_px,
              "a vision transformer got images of shape ", images.sizes(),
              ", wanted [N, 3, ", size_.image_px, ", ", size_.image_px, "]");
  const at::Tensor patches = patch_embed_->Forward(images);
  const at::Tensor class_token =
      cls_token_.expand({images.size(0), 1, size_.width});
  return at::cat({class_token, patches}, /*dim=*/1).add_(pos_embed_);
}

at::Tensor VisionTransformer::Forward(const at::Tensor& images) {
  at::Tensor x = Tokens(images);
  for (const auto& block : blocks_) x = block->Forward(x);
  // Norm is per token: only the one that is used needs it.
  return norm_->Forward(x.select(1, 0));
}

at::Tensor VisionTransformer::first_weight() const {
  return patch_embed_->weight;
}

}  // namespace snclr
