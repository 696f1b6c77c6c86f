// SPDX-License-Identifier: MIT
#include "snclr/core/nn/resnet.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "snclr/core/nn/initialization.h"

namespace snclr {
namespace {

// A convolution without bias, its padding half of the kernel.
class Convolution : public torch::nn::Module {
 public:
  Convolution(int64_t inputs, int64_t outputs, int64_t kernel, int64_t stride)
      : stride_(stride), padding_(kernel / 2) {
    weight_ = register_parameter(
        "weight", at::zeros({outputs, inputs, kernel, kernel}, at::kFloat));
  }

  // [N, inputs, H, W] -> [N, outputs, ceil(H / stride), ceil(W / stride)].
  at::Tensor Forward(const at::Tensor& x) {
    return at::conv2d(x, weight_, /*bias=*/{}, stride_, padding_);
  }

  const at::Tensor& weight() const { return weight_; }

 private:
  const int64_t stride_;
  const int64_t padding_;
  at::Tensor weight_;
};

constexpr int64_t kChannels = 3;
constexpr int64_t kStemWidth = 64;
constexpr int64_t kStages = 4;

struct Layout {
  std::array<int64_t, kStages> blocks;  // per stage
  bool bottleneck;
};

Layout LayoutOf(ResnetVariant variant) {
  TORCH_CHECK(variant == RESNET18 || variant == RESNET50, "ResNet variant ",
              variant, " is not one of RESNET18, RESNET50");
  if (variant == RESNET18) return {{2, 2, 2, 2}, false};
  return {{3, 4, 6, 3}, true};
}

}  // namespace

// Two 3 x 3 convolutions, or 1 x 1 to the width, 3 x 3, and 1 x 1 to four times
// the width; and what goes by them.
class ResnetBlock : public torch::nn::Module {
 public:
  ResnetBlock(int64_t inputs, int64_t width, int64_t stride, bool bottleneck,
              ProcessGroup& group) {
    const int64_t outputs = bottleneck ? 4 * width : width;
    const auto add = [&](int64_t in, int64_t out, int64_t kernel,
                         int64_t step) {
      const std::string number = std::to_string(convolutions_.size() + 1);
      convolutions_.push_back(register_module(
          "conv" + number,
          std::make_shared<Convolution>(in, out, kernel, step)));
      norms_.push_back(register_module(
          "bn" + number,
          std::make_shared<BatchNorm>(BatchNormOptions{out}, group)));
    };
    if (bottleneck) {
      add(inputs, width, 1, 1);
      add(width, width, 3, stride);
      add(width, outputs, 1, 1);
    } else {
      add(inputs, width, 3, stride);
      add(width, outputs, 3, 1);
    }
    if (stride == 1 && inputs == outputs) return;
    const auto downsample = register_module(
        "downsample", std::make_shared<torch::nn::Module>("Downsample"));
    by_convolution_ = downsample->register_module(
        "0", std::make_shared<Convolution>(inputs, outputs, 1, stride));
    by_norm_ = downsample->register_module(
        "1", std::make_shared<BatchNorm>(BatchNormOptions{outputs}, group));
  }

  at::Tensor Forward(const at::Tensor& x) {
    at::Tensor y = x;
    for (size_t i = 0; i < convolutions_.size(); ++i) {
      y = norms_[i]->Forward(convolutions_[i]->Forward(y));
      if (i + 1 < convolutions_.size()) y = y.relu_();
    }
    const at::Tensor by = by_norm_ == nullptr
                              ? x
                              : by_norm_->Forward(by_convolution_->Forward(x));
    return (y + by).relu_();
  }

  // Of the last batch norm.
  at::Tensor last_weight() const {
    return norms_.back()->named_parameters()["weight"];
  }

 private:
  std::vector<std::shared_ptr<Convolution>> convolutions_;
  std::vector<std::shared_ptr<BatchNorm>> norms_;
  std::shared_ptr<Convolution> by_convolution_;  // null: x itself goes by
  std::shared_ptr<BatchNorm> by_norm_;
};

Resnet::Resnet(const EncoderSpec& spec, uint64_t seed, ProcessGroup* group)
    : Encoder(spec) {
  ProcessGroup& ranks = group != nullptr ? *group : alone_;
  const Layout layout = LayoutOf(spec.resnet().variant());
  const bool small = spec.resnet().small_image_stem();
  const auto conv1 = register_module(
      "conv1", std::make_shared<Convolution>(kChannels, kStemWidth,
                                             small ? 3 : 7, small ? 1 : 2));
  conv1_ = conv1->weight();
  bn1_ = register_module(
      "bn1", std::make_shared<BatchNorm>(BatchNormOptions{kStemWidth}, ranks));
  int64_t inputs = kStemWidth;
  for (int64_t stage = 0; stage < kStages; ++stage) {
    const std::string name = "layer" + std::to_string(stage + 1);
    const auto layer =
        register_module(name, std::make_shared<torch::nn::Module>(name));
    const int64_t width = kStemWidth << stage;
    for (int64_t i = 0; i < layout.blocks[stage]; ++i) {
      const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      blocks_.push_back(layer->register_module(
          std::to_string(i),
          std::make_shared<ResnetBlock>(inputs, width, stride,
                                        layout.bottleneck, ranks)));
      inputs = layout.bottleneck ? 4 * width : width;
    }
  }
  feature_dim_ = inputs;
  DrawWeights(seed);
}

// Vectors, which are batch norm's, stay as they are made.
void Resnet::DrawWeights(uint64_t seed) {
  for (const auto& parameter : named_parameters()) {
    const at::Tensor& weight = parameter.value();
    if (weight.dim() != 4) continue;
    const auto fan_out =
        static_cast<double>(weight.size(0) * weight.size(2) * weight.size(3));
    FillNormal(weight, std::sqrt(2 / fan_out), seed, parameter.key());
  }
  if (!spec().resnet().zero_init_residual()) return;
  const at::NoGradGuard no_grad;
  for (const auto& block : blocks_) block->last_weight().zero_();
}

at::Tensor Resnet::Forward(const at::Tensor& images) {
  const int64_t side = spec().image_size_px();
  TORCH_CHECK(images.dim() == 4 && images.size(1) == kChannels &&
                  images.size(2) == side && images.size(3) == side,
              "a residual network got images of shape ", images.sizes(),
              ", wanted [N, 3, ", side, ", ", side, "]");
  const bool small = spec().resnet().small_image_stem();
  at::Tensor x =
      at::conv2d(images, conv1_, /*bias=*/{}, small ? 1 : 2, small ? 1 : 3);
  x = bn1_->Forward(x).relu_();
  if (!small) x = at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2, 1);
  for (const auto& block : blocks_) x = block->Forward(x);
  return x.mean({2, 3});
}

}  // namespace snclr
