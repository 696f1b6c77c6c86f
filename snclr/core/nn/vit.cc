// SPDX-License-Identifier: MIT
#include "snclr/core/nn/vit.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <string>

#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/position_embedding.h"

namespace snclr {

constexpr double kClassTokenStd = 1e-6;
constexpr double kLearnedPositionsStd = 0.02;  // timm's
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

// Each patch, [3, P, P], through one linear map.
class VisionTransformer::PatchEmbedding : public torch::nn::Module {
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

VisionTransformer::VisionTransformer(const EncoderSpec& spec, uint64_t seed)
    : Encoder(spec), size_(VitSizeOf(spec)) {
  cls_token_ = register_parameter("cls_token",
                                  at::zeros({1, 1, size_.width}, at::kFloat));
  pos_embed_ = register_parameter("pos_embed",
                                  SinCosPositions(size_.grid(), size_.width),
                                  spec.vit().positions() == LEARNED);
  patch_embed_ =
      register_module("patch_embed", std::make_shared<PatchEmbedding>(size_));
  const auto blocks =
      register_module("blocks", std::make_shared<torch::nn::Module>("Blocks"));
  for (int64_t i = 0; i < size_.depth; ++i) {
    blocks_.push_back(blocks->register_module(
        std::to_string(i), std::make_shared<VitBlock>(size_.width, size_.heads,
                                                      size_.mlp_hidden)));
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
    } else if (name == "pos_embed" && weight.requires_grad()) {
      FillNormal(weight, kLearnedPositionsStd, seed, name);
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
  return ForwardScaled(images, /*scales=*/{});
}

at::Tensor VisionTransformer::ForwardScaled(const at::Tensor& images,
                                            const at::Tensor& scales) {
  TORCH_CHECK(
      !scales.defined() ||
          scales.sizes() == at::IntArrayRef({branches(), images.size(0)}),
      "scales of shape ", scales.sizes(), ", wanted [", branches(), ", ",
      images.size(0), "]");
  at::Tensor x = Tokens(images);
  // Norm is per token, and so is the last block behind its attention: only the
  // token that is used needs them.
  const size_t last = blocks_.size() - 1;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (scales.defined()) {
      x = blocks_[i]->Forward(x, scales[2 * i], scales[2 * i + 1]);
    } else {
      x = i < last ? blocks_[i]->Forward(x) : blocks_[i]->ForwardFirstToken(x);
    }
  }
  return norm_->Forward(scales.defined() ? x.select(1, 0) : x);
}

at::Tensor VisionTransformer::first_weight() const {
  return patch_embed_->weight;
}

}  // namespace snclr
