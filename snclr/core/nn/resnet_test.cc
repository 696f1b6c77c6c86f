// SPDX-License-Identifier: MIT
#include "snclr/core/nn/resnet.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "snclr/core/dist/thread_group_testing.h"
#include "snclr/core/ops/tensor_testing.h"

namespace snclr {
namespace {

EncoderSpec Spec(ResnetVariant variant, bool small_image_stem,
                 bool zero_init_residual, int side = 32) {
  EncoderSpec spec;
  spec.set_image_size_px(side);
  spec.mutable_resnet()->set_variant(variant);
  spec.mutable_resnet()->set_small_image_stem(small_image_stem);
  spec.mutable_resnet()->set_zero_init_residual(zero_init_residual);
  return spec;
}

// Torchvision's network once more, as a function of tensors by their names.
class Reference {
 public:
  explicit Reference(const Resnet& net) {
    for (const auto& item : net.named_parameters()) {
      tensors_[item.key()] = item.value().detach();
    }
    for (const auto& item : net.named_buffers()) {
      tensors_[item.key()] = item.value().clone();
    }
  }

  at::Tensor Conv(const std::string& name, const at::Tensor& x, int64_t stride,
                  int64_t padding) const {
    return at::conv2d(x, tensors_.at(name + ".weight"), {}, stride, padding);
  }

  at::Tensor Norm(const std::string& name, const at::Tensor& x) const {
    return at::batch_norm(x, tensors_.at(name + ".weight"),
                          tensors_.at(name + ".bias"), {}, {},
                          /*training=*/true, 0.1, 1e-5, false);
  }

  at::Tensor Block(const std::string& name, const at::Tensor& x,
                   int64_t stride) const {
    at::Tensor y;
    if (tensors_.count(name + ".conv3.weight") > 0) {
      y = at::relu(Norm(name + ".bn1", Conv(name + ".conv1", x, 1, 0)));
      y = at::relu(Norm(name + ".bn2", Conv(name + ".conv2", y, stride, 1)));
      y = Norm(name + ".bn3", Conv(name + ".conv3", y, 1, 0));
    } else {
      y = at::relu(Norm(name + ".bn1", Conv(name + ".conv1", x, stride, 1)));
      y = Norm(name + ".bn2", Conv(name + ".conv2", y, 1, 1));
    }
    const std::string down = name + ".downsample.";
    const bool changes = tensors_.count(down + "0.weight") > 0;
    return at::relu(
        y + (changes ? Norm(down + "1", Conv(down + "0", x, stride, 0)) : x));
  }

  at::Tensor Forward(at::Tensor x, bool small_image_stem,
                     const std::vector<int>& blocks) const {
    if (small_image_stem) {
      x = at::relu(Norm("bn1", Conv("conv1", x, 1, 1)));
    } else {
      x = at::relu(Norm("bn1", Conv("conv1", x, 2, 3)));
      x = at::max_pool2d(x, 3, 2, 1);
    }
    for (int stage = 0; stage < 4; ++stage) {
      for (int i = 0; i < blocks[stage]; ++i) {
        x = Block("layer" + std::to_string(stage + 1) + "." + std::to_string(i),
                  x, stage > 0 && i == 0 ? 2 : 1);
      }
    }
    return at::adaptive_avg_pool2d(x, {1, 1}).flatten(1);
  }

 private:
  std::map<std::string, at::Tensor> tensors_;
};

// Drawing the weights of either takes a second: made once, changed by none.
Resnet& Basic() {
  static auto& net = *new Resnet(Spec(RESNET18, true, true), 1, nullptr);
  return net;
}
Resnet& Bottleneck() {
  static auto& net = *new Resnet(Spec(RESNET50, false, true), 1, nullptr);
  return net;
}

TEST(ResnetTest, TensorsHaveTorchvisionsNames) {
  std::set<std::string> names;
  for (const auto& item : Bottleneck().named_parameters()) {
    names.insert(item.key());
  }
  for (const auto& item : Bottleneck().named_buffers()) {
    names.insert(item.key());
  }
  // 53 convolutions, as many batch norms of 5 tensors each.
  EXPECT_EQ(names.size(), 53u + 53 * 5);
  for (const char* name :
       {"conv1.weight", "bn1.weight", "bn1.running_mean",
        "bn1.num_batches_tracked", "layer1.0.conv3.weight",
        "layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_var",
        "layer3.5.bn2.bias", "layer4.2.conv1.weight"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  EXPECT_EQ(names.count("layer1.1.downsample.0.weight"), 0u);
}

TEST(ResnetTest, ConvolutionsAreDrawnWithTheVarianceOfTheirOutputs) {
  const auto parameters = Basic().named_parameters();
  const at::Tensor weight = parameters["layer3.0.conv2.weight"].detach();
  const double std = std::sqrt(2.0 / (256 * 9));
  EXPECT_NEAR(weight.std().item<double>(), std, 0.01 * std);
  EXPECT_NEAR(weight.mean().item<double>(), 0, 0.01 * std);
}

TEST(ResnetTest, ResidualBranchesBeginAtZeroWhereAskedFor) {
  const auto largest = [](const Resnet& net, const char* name) {
    return net.named_parameters()[name].abs().max().item<float>();
  };
  EXPECT_EQ(largest(Basic(), "layer2.1.bn2.weight"), 0);
  EXPECT_EQ(largest(Basic(), "layer2.1.bn1.weight"), 1);
  EXPECT_EQ(largest(Bottleneck(), "layer2.1.bn3.weight"), 0);
  EXPECT_EQ(largest(Bottleneck(), "layer2.1.bn2.weight"), 1);
  EXPECT_EQ(largest(Bottleneck(), "layer2.0.downsample.1.weight"), 1);
  const Resnet plain(Spec(RESNET18, true, false), 1, nullptr);
  EXPECT_EQ(largest(plain, "layer2.1.bn2.weight"), 1);
}

// Batch norm's weights and biases are made to matter first.
TEST(ResnetTest, ComputesTorchvisionsNetwork) {
  const at::NoGradGuard no_grad;
  const at::Tensor images = Draws({4, 3, 32, 32}, 1).to(at::kFloat);
  const struct {
    Resnet& net;
    std::vector<int> blocks;
  } kCases[] = {{Basic(), {2, 2, 2, 2}}, {Bottleneck(), {3, 4, 6, 3}}};
  for (const auto& [net, blocks] : kCases) {
    uint64_t seed = 1;
    std::vector<std::pair<at::Tensor, at::Tensor>> saved;
    for (const auto& item : net.named_parameters()) {
      at::Tensor vector = item.value();
      if (vector.dim() != 1) continue;
      saved.emplace_back(vector, vector.clone());
      vector.copy_(Draws(vector.sizes(), ++seed) * 0.3 + 0.5);
    }
    const bool small = net.spec().resnet().small_image_stem();
    const at::Tensor expected = Reference(net).Forward(images, small, blocks);
    const at::Tensor features = net.Forward(images);
    for (auto& [vector, values] : saved) vector.copy_(values);
    EXPECT_EQ(features.sizes(), at::IntArrayRef({4, net.feature_dim()}));
    EXPECT_LT(LargestDifference(features, expected),
              1e-4 * expected.abs().max().item<float>());
  }
}

TEST(ResnetTest, InEvaluationAnImagesFeatureIsItsOwn) {
  const at::NoGradGuard no_grad;
  Resnet& net = Basic();
  const at::Tensor images = Draws({6, 3, 32, 32}, 1).to(at::kFloat);
  const at::Tensor in_training = net.Forward(images);
  EXPECT_GT(LargestDifference(net.Forward(images.narrow(0, 0, 2)),
                              in_training.narrow(0, 0, 2)),
            1e-2);
  net.eval();
  EXPECT_LT(LargestDifference(net.Forward(images.narrow(0, 0, 2)),
                              net.Forward(images).narrow(0, 0, 2)),
            1e-4);
  net.train();
}

TEST(ResnetTest, TwoRanksComputeWhatOneDoes) {
  const at::NoGradGuard no_grad;
  const EncoderSpec spec = Spec(RESNET18, true, false, /*side=*/8);
  const at::Tensor images = Draws({6, 3, 8, 8}, 1).to(at::kFloat);
  Resnet whole(spec, /*seed=*/1, nullptr);
  const at::Tensor wanted = whole.Forward(images);
  std::array<at::Tensor, 2> features;
  std::array<at::Tensor, 2> running;
  OnRanks(2, [&](ProcessGroup& group) {
    const at::NoGradGuard no_grad_here;
    Resnet net(spec, /*seed=*/1, &group);
    features[group.rank()] = net.Forward(images.chunk(2)[group.rank()]);
    running[group.rank()] = net.named_buffers()["layer4.1.bn2.running_var"];
  });
  EXPECT_LT(LargestDifference(at::cat({features[0], features[1]}), wanted),
            1e-4 * wanted.abs().max().item<float>());
  EXPECT_LT(LargestDifference(
                running[0], whole.named_buffers()["layer4.1.bn2.running_var"]),
            1e-4);
}

TEST(ResnetTest, RefusesAnotherSize) {
  EXPECT_THROW(Basic().Forward(Draws({2, 3, 16, 16}, 1).to(at::kFloat)),
               c10::Error);
}

}  // namespace
}  // namespace snclr
