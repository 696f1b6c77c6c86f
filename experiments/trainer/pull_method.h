// SPDX-License-Identifier: MIT
// A method for tests of the trainer, which knows no method.
#ifndef EXPERIMENTS_TRAINER_PULL_METHOD_H_
#define EXPERIMENTS_TRAINER_PULL_METHOD_H_

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "snclr/core/base/random.h"
#include "snclr/core/method.h"
#include "snclr/core/nn/encoder.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/nn/momentum_copy.h"

namespace snclr {

// Pulls an image's features towards the momentum encoder's of its other view:
// it collapses, which is no matter here. Counts its steps in its state, and in
// the steps that `trouble` names does to the loss, or to the process, what is
// asked.
class PullMethod final : public Method {
 public:
  using Trouble = std::map<int64_t, std::function<void(at::Tensor& loss)>>;

  PullMethod(std::shared_ptr<Encoder> encoder, Trouble trouble)
      : encoder_(std::move(encoder)),
        momentum_encoder_(*MakeEncoder(encoder_->spec(), 0)),
        steps_(at::zeros({}, at::kLong)),
        trouble_(std::move(trouble)) {
    BecomeMomentumCopy(*encoder_, *momentum_encoder_);
  }

  std::string name() const override { return "snclr"; }

  StepOutput Forward(const Views& views) override {
    StepOutput output;
    const at::Tensor features = encoder_->Forward(views.view1);
    at::Tensor keys;
    {
      at::NoGradGuard no_grad;
      keys = momentum_encoder_->Forward(views.view2);
      steps_.add_(1);
    }
    output.loss = at::mse_loss(features, keys) + 1;
    const auto trouble = trouble_.find(steps_.item<int64_t>());
    if (trouble != trouble_.end()) trouble->second(output.loss);
    output.features = features.detach();
    output.embeddings = keys;
    return output;
  }

  NamedTensors TrainedParameters() override {
    return snclr::TrainedParameters(*encoder_, "encoder");
  }
  NamedTensors MomentumParameters() override {
    return snclr::MomentumParameters(*encoder_, *momentum_encoder_,
                                     "momentum.encoder");
  }
  NamedTensors State() override {
    NamedTensors state = FrozenParameters(*encoder_, "encoder");
    Append(state,
           MomentumState(*encoder_, *momentum_encoder_, "momentum.encoder"));
    Append(state, {{"steps", steps_}});
    return state;
  }
  Encoder& encoder() override { return *encoder_; }
  LossBand InitialLossBand(int64_t, int64_t) const override {
    return {0, 10, "for a test"};
  }

 private:
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Encoder> momentum_encoder_;
  at::Tensor steps_;
  Trouble trouble_;
};

// Two views of 4 images of 8 x 8 pixels, other ones in each step.
inline Views RandomViews(int64_t step) {
  at::Tensor both = at::zeros({2, 4, 3, 8, 8});
  Random random(/*seed=*/9, {static_cast<uint64_t>(step)});
  float* values = both.data_ptr<float>();
  for (int64_t i = 0; i < both.numel(); ++i) {
    values[i] = static_cast<float>(random.Normal());
  }
  return {both[0], both[1]};
}

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PULL_METHOD_H_
