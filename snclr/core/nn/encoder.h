// SPDX-License-Identifier: MIT
// The network that maps an image to a feature; what is pre-trained and
// evaluated.
#ifndef SNCLR_CORE_NN_ENCODER_H_
#define SNCLR_CORE_NN_ENCODER_H_

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/encoder.pb.h"

namespace snclr {

// Parameter names are timm's (ViT) and torchvision's (ResNet). Parameters that
// the spec freezes have requires_grad false.
class Encoder : public torch::nn::Module {
 public:
  // images [N, 3, S, S], normalised, S = spec().image_size_px -> [N, E].
  virtual at::Tensor Forward(const at::Tensor& images) = 0;

  // Residual branches that an image can be sent past, two for each block of a
  // vision transformer (attention, MLP), from the first on. 0: it has none.
  virtual int64_t branches() const { return 0; }

  // Forward() with each image's branches multiplied by `scales` [branches(), N]
  // (drop_path.h); undefined, or without branches, just that.
  virtual at::Tensor ForwardScaled(const at::Tensor& images,
                                   const at::Tensor& /*scales*/) {
    return Forward(images);
  }

  virtual int64_t feature_dim() const = 0;  // E

  // Whether, in training, an image's feature depends on the other images of its
  // batch (batch norm): then each view goes through by itself. Otherwise both
  // may come as one batch.
  virtual bool mixes_images() const { return false; }

  // The parameter whose gradient spikes announce unstable training (MoCo v3,
  // Sec. 4.1): the first layer's weight. Frozen ones have no gradient.
  virtual at::Tensor first_weight() const = 0;

  const EncoderSpec& spec() const { return spec_; }

 protected:
  explicit Encoder(EncoderSpec spec) : spec_(std::move(spec)) {}

 private:
  EncoderSpec spec_;
};

// Makes the encoder of a resolved spec, its weights drawn from `seed` as the
// published code draws them. Batch norm, where the encoder has it, goes over
// all ranks of `group`, which must outlive the encoder; without a group over
// this process's images. InvalidArgument names the field that does not fit (a
// patch size that does not divide the image, a width that heads do not divide).
absl::StatusOr<std::shared_ptr<Encoder>> MakeEncoder(
    const EncoderSpec& spec, uint64_t seed, ProcessGroup* group = nullptr);

}  // namespace snclr

#endif  // SNCLR_CORE_NN_ENCODER_H_
