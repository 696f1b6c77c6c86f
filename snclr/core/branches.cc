// SPDX-License-Identifier: MIT
#include "snclr/core/branches.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/record_function.h>
#include <c10/util/Exception.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/evaluation_mode.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/nn/momentum_copy.h"

namespace snclr {
namespace {

// In the dtype and on the device of `like`; counters stay integers.
void MoveTo(const at::Tensor& like, torch::nn::Module& module) {
  const auto move = [&like](at::Tensor tensor) {
    tensor.set_data(tensor.is_floating_point()
                        ? tensor.detach().to(like.options())
                        : tensor.to(like.device()));
  };
  for (const at::Tensor& parameter : module.parameters()) move(parameter);
  for (const at::Tensor& buffer : module.buffers()) move(buffer);
}

MlpHead MakeHead(MlpHeadOptions options, int64_t input_dim, ProcessGroup& group,
                 uint64_t seed, const std::string& name,
                 const at::Tensor& like) {
  options.input_dim = input_dim;
  MlpHead head(options, group, seed, name);
  MoveTo(like, head);
  return head;
}

PerView Encode(Encoder& encoder, const Views& views) {
  if (encoder.mixes_images()) {
    const at::Tensor first = encoder.Forward(views.view1);
    return {first, encoder.Forward(views.view2)};
  }
  const std::vector<at::Tensor> features =
      encoder.Forward(at::cat({views.view1, views.view2})).chunk(2);
  return {features[0], features[1]};
}

at::Tensor Evaluate(Encoder& encoder, MlpHead& projector,
                    const at::Tensor& images) {
  const at::NoGradGuard no_gradient;
  const EvaluationMode encoder_mode(encoder);
  const EvaluationMode projector_mode(projector);
  return projector.Forward(encoder.Forward(images));
}

PerView ThroughHead(MlpHead& head, const PerView& inputs) {
  const std::vector<at::Tensor> outputs =
      head.Forward(at::cat({inputs.view1, inputs.view2}), /*views=*/2).chunk(2);
  return {outputs[0], outputs[1]};
}

}  // namespace

PerView InDtypeOf(const at::Tensor& like, const PerView& tensors) {
  return {tensors.view1.to(like.scalar_type()),
          tensors.view2.to(like.scalar_type())};
}

absl::StatusOr<std::unique_ptr<Branches>> Branches::Create(
    const BranchOptions& options, std::shared_ptr<Encoder> encoder,
    uint64_t seed, ProcessGroup& group) {
  if (options.projector.output_dim != options.predictor.output_dim) {
    return absl::InvalidArgumentError(absl::StrCat(
        "predictor.output_dim: ", options.predictor.output_dim,
        " differs from projector.output_dim, ", options.projector.output_dim,
        "; predictions and keys are compared"));
  }
  std::shared_ptr<Encoder> momentum_encoder;
  if (options.momentum) {
    ASSIGN_OR_RETURN(momentum_encoder,
                     MakeEncoder(encoder->spec(), seed, &group));
  }
  std::unique_ptr<Branches> branches;
  RETURN_IF_ERROR(CatchTorch([&] {
    branches.reset(new Branches(options, std::move(encoder),
                                std::move(momentum_encoder), seed, group));
    return absl::OkStatus();
  })) << "making encoder and heads";
  return branches;
}

Branches::Branches(const BranchOptions& options,
                   std::shared_ptr<Encoder> encoder,
                   std::shared_ptr<Encoder> momentum_encoder, uint64_t seed,
                   ProcessGroup& group)
    : encoder_(std::move(encoder)),
      projector_(MakeHead(options.projector, encoder_->feature_dim(), group,
                          seed, "projector", like())),
      predictor_(MakeHead(options.predictor, options.projector.output_dim,
                          group, seed, "predictor", like())),
      momentum_encoder_(std::move(momentum_encoder)) {
  if (momentum_encoder_ == nullptr) return;
  MoveTo(like(), *momentum_encoder_);
  momentum_projector_ = std::make_shared<MlpHead>(
      MakeHead(options.projector, encoder_->feature_dim(), group, seed,
               "projector", like()));
  BecomeMomentumCopy(*encoder_, *momentum_encoder_);
  BecomeMomentumCopy(projector_, *momentum_projector_);
}

Branches::Outputs Branches::Forward(const Views& views) {
  Outputs outputs;
  outputs.features = Encode(*encoder_, views);
  outputs.embeddings = ThroughHead(projector_, outputs.features);
  outputs.predictions = ThroughHead(predictor_, outputs.embeddings);
  return outputs;
}

PerView Branches::MomentumKeys(const Views& views) {
  TORCH_CHECK(momentum_encoder_ != nullptr, "there is no momentum branch");
  RECORD_USER_SCOPE("step.momentum");
  const at::NoGradGuard no_gradient;
  return ThroughHead(*momentum_projector_, Encode(*momentum_encoder_, views));
}

at::Tensor Branches::EvaluateEmbeddings(const at::Tensor& images) {
  return Evaluate(*encoder_, projector_, images);
}

at::Tensor Branches::EvaluateKeys(const at::Tensor& images) {
  TORCH_CHECK(momentum_encoder_ != nullptr, "there is no momentum branch");
  return Evaluate(*momentum_encoder_, *momentum_projector_, images);
}

NamedTensors Branches::TrainedParameters() const {
  NamedTensors trained = snclr::TrainedParameters(*encoder_, "encoder");
  Append(trained, snclr::TrainedParameters(projector_, "projector"));
  Append(trained, snclr::TrainedParameters(predictor_, "predictor"));
  return trained;
}

NamedTensors Branches::MomentumParameters() const {
  if (momentum_encoder_ == nullptr) return {};
  NamedTensors momentum = snclr::MomentumParameters(
      *encoder_, *momentum_encoder_, "momentum.encoder");
  Append(momentum, snclr::MomentumParameters(projector_, *momentum_projector_,
                                             "momentum.projector"));
  return momentum;
}

NamedTensors Branches::State() const {
  NamedTensors state = FrozenParameters(*encoder_, "encoder");
  Append(state, Buffers(*encoder_, "encoder"));
  Append(state, Buffers(projector_, "projector"));
  Append(state, Buffers(predictor_, "predictor"));
  if (momentum_encoder_ == nullptr) return state;
  Append(state,
         MomentumState(*encoder_, *momentum_encoder_, "momentum.encoder"));
  Append(state,
         MomentumState(projector_, *momentum_projector_, "momentum.projector"));
  return state;
}

}  // namespace snclr
