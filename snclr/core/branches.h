// SPDX-License-Identifier: MIT
// What contrastive methods with two views are made of: an encoder with its
// heads, and the momentum copy of encoder and projector.
//
//   encoder -> features -> projector -> embeddings -> predictor -> predictions
//   momentum encoder -> momentum projector -> keys
#ifndef SNCLR_CORE_BRANCHES_H_
#define SNCLR_CORE_BRANCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/heads.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// A tensor of each view.
struct PerView {
  at::Tensor view1;
  at::Tensor view2;
};

// As `like`'s dtype: what follows autocast's bfloat16 (similarities over a
// temperature have two digits there) is computed in the weights' precision.
PerView InDtypeOf(const at::Tensor& like, const PerView& tensors);

struct BranchOptions {
  MlpHeadOptions projector;  // input_dim is filled in
  MlpHeadOptions predictor;  // input_dim is filled in
  bool momentum;             // whether there is a momentum branch
};

// Tensor names: "encoder.<timm or torchvision>", "projector.<i>",
// "predictor.<i>", and "momentum." before the copies of encoder and projector.
class Branches {
 public:
  // The predictions of a step and what they were made from.
  struct Outputs {
    PerView features;     // [B, E] each
    PerView embeddings;   // [B, D]
    PerView predictions;  // [B, D]
  };

  // Makes heads, and copies where asked for, on `encoder`, whose dtype and
  // device everything gets (move it first). Weights follow from `seed`; copies
  // begin equal. `group` must outlive the branches. InvalidArgument where the
  // heads' output sizes differ.
  static absl::StatusOr<std::unique_ptr<Branches>> Create(
      const BranchOptions& options, std::shared_ptr<Encoder> encoder,
      uint64_t seed, ProcessGroup& group);

  // Both views through a backbone are one batch of 2B where it does not mix
  // images; a backbone that does sees view 1, then view 2. Heads normalise each
  // view by itself: batch norm's statistics are per view (as published).
  Outputs Forward(const Views& views);

  // Keys [B, D] of both views, without gradient. Needs a momentum branch.
  PerView MomentumKeys(const Views& views);

  // Embeddings, and keys, [N, D] of images [N, 3, S, S] in evaluation mode:
  // changes nothing, no gradient.
  at::Tensor EvaluateEmbeddings(const at::Tensor& images);
  at::Tensor EvaluateKeys(const at::Tensor& images);

  // In the order that Method asks for.
  NamedTensors TrainedParameters() const;
  NamedTensors MomentumParameters() const;
  NamedTensors State() const;  // frozen parameters and running statistics

  Encoder& encoder() { return *encoder_; }

  // A tensor of the networks' dtype and device.
  at::Tensor like() const { return encoder_->first_weight(); }

 private:
  Branches(const BranchOptions& options, std::shared_ptr<Encoder> encoder,
           std::shared_ptr<Encoder> momentum_encoder, uint64_t seed,
           ProcessGroup& group);

  std::shared_ptr<Encoder> encoder_;
  MlpHead projector_;
  MlpHead predictor_;
  std::shared_ptr<Encoder> momentum_encoder_;    // null without
  std::shared_ptr<MlpHead> momentum_projector_;  // null without
};

}  // namespace snclr

#endif  // SNCLR_CORE_BRANCHES_H_
