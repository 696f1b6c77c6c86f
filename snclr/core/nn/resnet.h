// SPDX-License-Identifier: MIT
// The residual network (He et al., arXiv:1512.03385) as torchvision has it,
// without its classifier.
#ifndef SNCLR_CORE_NN_RESNET_H_
#define SNCLR_CORE_NN_RESNET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/batch_norm.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

class ResnetBlock;

// Parameters and buffers have torchvision's names: "conv1.weight",
// "bn1.running_mean", "layer1.0.conv1.weight", "layer2.0.downsample.0.weight".
// Initial weights are torchvision's too: convolutions from N(0, 2 / (outputs *
// kernel area)), batch norm 1 and 0, with zero_init_residual the last batch
// norm of each block 0.
class Resnet final : public Encoder {
 public:
  // Of a resolved spec that has `resnet`; MakeEncoder is the door for users.
  // Batch norm goes over the ranks of `group`, which must outlive the encoder;
  // null: over this process's images.
  Resnet(const EncoderSpec& spec, uint64_t seed, ProcessGroup* group);

  // images [N, 3, S, S] -> [N, E]: the mean over the last map's places.
  at::Tensor Forward(const at::Tensor& images) override;

  int64_t feature_dim() const override { return feature_dim_; }  // 512 or 2048
  at::Tensor first_weight() const override { return conv1_; }
  bool mixes_images() const override { return true; }

 private:
  void DrawWeights(uint64_t seed);

  SingleProcess alone_;
  at::Tensor conv1_;  // [64, 3, 7, 7] or [64, 3, 3, 3]
  std::shared_ptr<BatchNorm> bn1_;
  std::vector<std::shared_ptr<ResnetBlock>> blocks_;
  int64_t feature_dim_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_NN_RESNET_H_
