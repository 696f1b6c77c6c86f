// SPDX-License-Identifier: MIT
#include "baselines/nnclr/nnclr_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "baselines/nnclr/nnclr_loss.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/cross_entropy_band.h"
#include "snclr/core/dist/gather_with_gradient.h"
#include "snclr/core/nn/heads.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

BranchOptions OptionsOf(const NnclrSpec& spec, const HeadSpec& projector,
                        const HeadSpec& predictor) {
  const bool biases = spec.variant() == SOLO;
  BranchOptions options;
  options.projector = MlpHeadOptions::FromSpec(projector);
  options.projector.last_norm_affine = true;
  options.projector.hidden_linear_bias = biases;
  options.projector.last_linear_bias = biases;
  options.predictor = MlpHeadOptions::FromSpec(predictor);
  options.predictor.last_norm = false;
  options.predictor.hidden_linear_bias = biases;
  options.predictor.last_linear_bias = true;
  options.momentum = spec.momentum_encoder();
  return options;
}

// solo-learn's queue is all ranks' and a ring; lightly's a rank's own, and what
// does not fit at its end is lost.
NeighborBank MakeSupportSet(const NnclrSpec& spec, int64_t dim, uint64_t seed,
                            const ProcessGroup& group, const at::Tensor& like) {
  const bool shared = spec.variant() == SOLO;
  return NeighborBank(
      {spec.support_set_rows(), dim, shared ? RING : DROP_AT_END}, seed,
      /*stream=*/shared ? 0 : group.rank(), like.options());
}

PerView DetachedUnitRows(const PerView& keys) {
  const at::NoGradGuard no_gradient;
  return {UnitRows(keys.view1.detach()), UnitRows(keys.view2.detach())};
}

absl::Status CheckVariant(const NnclrSpec& spec, const HeadSpec& projector,
                          const HeadSpec& predictor) {
  if (spec.variant() != SOLO && spec.variant() != LIGHTLY) {
    return absl::InvalidArgumentError("nnclr.variant: not set");
  }
  for (const auto& [name, head] :
       {std::pair<const char*, const HeadSpec&>{"projector", projector},
        {"predictor", predictor}}) {
    if (head.has_last_norm()) {
      return absl::InvalidArgumentError(absl::StrCat(
          name, ".last_norm: nnclr.variant says how NNCLR's heads end"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

NnclrMethod::NnclrMethod(const NnclrSpec& spec, int64_t dim,
                         std::unique_ptr<Branches> branches, uint64_t seed,
                         ProcessGroup& group)
    : spec_(spec),
      group_(group),
      branches_(std::move(branches)),
      bank_(MakeSupportSet(spec, dim, seed, group, branches_->like())) {}

at::Tensor NnclrMethod::DirectionalLoss(
    const at::Tensor& unit_neighbors,
    const at::Tensor& unit_predictions) const {
  RECORD_USER_SCOPE("step.loss");
  const NnclrLossOptions options{spec_.temperature(), group_.rank()};
  const at::Tensor predictions_global =
      GatherWithGradient(unit_predictions, group_);
  if (spec_.variant() == SOLO) {
    return NeighborInfoNce(unit_neighbors, predictions_global, options);
  }
  return NeighborNtXent(group_.AllGather(unit_neighbors), predictions_global,
                        unit_neighbors.size(0), options);
}

StepOutput NnclrMethod::Forward(const Views& views) {
  const Branches::Outputs outputs = branches_->Forward(views);
  const PerView raw_keys = spec_.momentum_encoder()
                               ? branches_->MomentumKeys(views)
                               : outputs.embeddings;
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::autocast_dispatch_keyset);
  const at::Tensor like = branches_->like();
  const PerView predictions = InDtypeOf(like, outputs.predictions);
  const PerView keys = DetachedUnitRows(InDtypeOf(like, raw_keys));

  const Neighbors nearest1 = bank_.TopK(keys.view1, 1);
  const Neighbors nearest2 = bank_.TopK(keys.view2, 1);
  const at::Tensor neighbors1 = nearest1.rows.squeeze(1);  // [B, D]
  const at::Tensor neighbors2 = nearest2.rows.squeeze(1);
  const at::Tensor predictions1 = UnitRows(predictions.view1);
  const at::Tensor predictions2 = UnitRows(predictions.view2);

  StepOutput output;
  output.loss = (DirectionalLoss(neighbors1, predictions2) +
                 DirectionalLoss(neighbors2, predictions1)) /
                2;
  output.features = outputs.features.view1.detach();
  output.embeddings = outputs.embeddings.view1.detach().to(like.scalar_type());

  const at::NoGradGuard no_gradient;
  const at::Tensor index = at::cat({nearest1.index, nearest2.index});
  const at::Tensor similarity =
      at::cat({nearest1.similarity, nearest2.similarity});
  const at::Tensor positives = (neighbors1 * predictions2).sum(1).mean() +
                               (neighbors2 * predictions1).sum(1).mean();
  output.metrics = {{"positive_similarity", positives / 2},
                    {"neighbor_similarity", similarity.mean()},
                    {"neighbor_age_steps", bank_.MeanAge(index)},
                    {"neighbor_random_share", bank_.RandomShare(index)},
                    {"bank_random_share", bank_.RandomShare()}};
  bank_.Push(spec_.variant() == SOLO ? group_.AllGather(keys.view1)
                                     : keys.view2);
  return output;
}

NamedTensors NnclrMethod::State() {
  NamedTensors state = branches_->State();
  Append(state, BankState());
  return state;
}

NamedTensors NnclrMethod::RankState() {
  return spec_.variant() == LIGHTLY ? BankState() : NamedTensors();
}

NamedTensors NnclrMethod::BankState() const {
  NamedTensors state;
  for (const NamedTensor& tensor : bank_.State()) {
    state.push_back({absl::StrCat("bank.", tensor.name), tensor.tensor});
  }
  return state;
}

LossBand NnclrMethod::InitialLossBand(int64_t batch, int64_t ranks) const {
  const int64_t images = batch * ranks;
  const bool solo = spec_.variant() == SOLO;
  const int64_t columns = solo ? images : 2 * images - 1;
  const auto [low, high] = InitialCrossEntropy(columns, spec_.temperature());
  return {low, high,
          absl::StrFormat("ln N, N = %d %s, T = %g, cosines of a random "
                          "network",
                          columns,
                          solo ? "predictions" : "neighbours and predictions",
                          spec_.temperature())};
}

at::Tensor NnclrMethod::UnitKeys(const at::Tensor& images) {
  return UnitRows(spec_.momentum_encoder()
                      ? branches_->EvaluateKeys(images)
                      : branches_->EvaluateEmbeddings(images));
}

SoftNeighbors NnclrMethod::NeighborsAmong(const at::Tensor& /*images*/,
                                          const at::Tensor& own,
                                          const at::Tensor& unit_keys) {
  SoftNeighbors nearest = NearestOthers(own, unit_keys, 1);
  nearest.positiveness = at::ones_like(nearest.similarity);
  return nearest;
}

absl::StatusOr<std::unique_ptr<Method>> MakeNnclr(
    const NnclrSpec& spec, const HeadSpec& projector, const HeadSpec& predictor,
    std::shared_ptr<Encoder> encoder, uint64_t seed, ProcessGroup& group) {
  RETURN_IF_ERROR(CheckVariant(spec, projector, predictor));
  ASSIGN_OR_RETURN(std::unique_ptr<Branches> branches,
                   Branches::Create(OptionsOf(spec, projector, predictor),
                                    std::move(encoder), seed, group));
  std::unique_ptr<Method> method;
  RETURN_IF_ERROR(CatchTorch([&] {
    method.reset(new NnclrMethod(spec, projector.output_dim(),
                                 std::move(branches), seed, group));
    return absl::OkStatus();
  })) << "making the NNCLR method";
  return method;
}

}  // namespace snclr
