// SPDX-License-Identifier: MIT
#include "snclr/snclr_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/xlogy.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/evaluation_mode.h"
#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/nn/momentum_copy.h"
#include "snclr/loss_band.h"
#include "snclr/unit_rows.h"

namespace snclr {
namespace {

// A head in the encoder's dtype and on its device; counters stay integers.
MlpHead MakeHead(const HeadSpec& spec, int64_t input_dim, ProcessGroup& group,
                 uint64_t seed, const std::string& name,
                 const at::Tensor& like) {
  MlpHead head(MlpHeadOptions::FromSpec(spec, input_dim), group, seed, name);
  const auto move = [&like](at::Tensor tensor) {
    tensor.set_data(tensor.is_floating_point()
                        ? tensor.detach().to(like.options())
                        : tensor.to(like.device()));
  };
  for (const at::Tensor& parameter : head.parameters()) move(parameter);
  for (const at::Tensor& buffer : head.buffers()) move(buffer);
  return head;
}

// Learned maps start as PyTorch's Linear does: U(-1/sqrt(D), 1/sqrt(D)).
at::Tensor MakeMap(const std::string& name, int64_t dim, bool trained,
                   uint64_t seed, const at::Tensor& like) {
  at::Tensor map = at::empty({dim, dim}, at::kFloat);
  FillUniform(map, 1 / std::sqrt(static_cast<double>(dim)), seed, name);
  return map.to(like.options()).requires_grad_(trained);
}

PositivenessOptions MakePositivenessOptions(const SnclrSpec& spec,
                                            int64_t dim) {
  return {spec.positiveness(), spec.threshold(),
          spec.has_attention_scale() ? spec.attention_scale()
                                     : std::sqrt(static_cast<double>(dim))};
}

NeighborBank MakeBank(const BankSpec& spec, int64_t dim, uint64_t seed,
                      const ProcessGroup& group, const at::Tensor& like) {
  const uint64_t stream = spec.scope() == LOCAL ? group.rank() : 0;
  return NeighborBank({spec.rows(), dim, spec.wrap()}, seed, stream,
                      like.options());
}

at::Tensor MeanOf(const at::Tensor& a, const at::Tensor& b) {
  return (a + b) / 2;
}

// -sum_j w ln w for each row.
at::Tensor Entropy(const at::Tensor& weights) {
  return -at::xlogy(weights, weights).sum(1);
}

absl::Status CheckSpecs(const SnclrSpec& spec, const HeadSpec& projector,
                        const HeadSpec& predictor) {
  if (projector.output_dim() != predictor.output_dim()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "predictor.output_dim: ", predictor.output_dim(),
        " differs from projector.output_dim, ", projector.output_dim(),
        "; queries and keys are compared"));
  }
  if (spec.neighbors() > spec.bank().rows()) {
    return absl::InvalidArgumentError(
        absl::StrCat("snclr.bank.rows: ", spec.bank().rows(),
                     " is less than snclr.neighbors, ", spec.neighbors()));
  }
  return absl::OkStatus();
}

}  // namespace

SnclrMethod::SnclrMethod(const SnclrSpec& spec, const HeadSpec& projector,
                         const HeadSpec& predictor,
                         std::shared_ptr<Encoder> encoder,
                         std::shared_ptr<Encoder> momentum_encoder,
                         uint64_t seed, ProcessGroup& group)
    : spec_(spec),
      group_(group),
      candidate_options_{spec.neighbors(), spec.neighbors_as_negatives(),
                         spec.bank().scope()},
      positiveness_options_(
          MakePositivenessOptions(spec, projector.output_dim())),
      loss_options_{spec.objective(), spec.temperature(),
                    spec.neighbors_as_negatives()},
      encoder_(std::move(encoder)),
      momentum_encoder_(std::move(momentum_encoder)),
      projector_(MakeHead(projector, encoder_->feature_dim(), group, seed,
                          "projector", encoder_->first_weight())),
      predictor_(MakeHead(predictor, projector.output_dim(), group, seed,
                          "predictor", encoder_->first_weight())),
      momentum_projector_(MakeHead(projector, encoder_->feature_dim(), group,
                                   seed, "projector",
                                   encoder_->first_weight())),
      bank_(MakeBank(spec.bank(), projector.output_dim(), seed, group,
                     encoder_->first_weight())) {
  BecomeMomentumCopy(*encoder_, *momentum_encoder_);
  BecomeMomentumCopy(projector_, momentum_projector_);
  if (spec.positiveness() == ATTENTION && spec.neighbors() > 0) {
    const auto map = [&](const char* name) {
      return MakeMap(name, projector.output_dim(), spec.weight_gradient(), seed,
                     encoder_->first_weight());
    };
    attention_ = {map("attention.embedding"), map("attention.neighbor")};
  }
}

SnclrMethod::Pair SnclrMethod::MomentumKeys(const at::Tensor& images) {
  const at::NoGradGuard no_gradient;
  const std::vector<at::Tensor> features =
      momentum_encoder_->Forward(images).chunk(2);
  const at::Tensor keys1 = momentum_projector_.Forward(features[0]);
  const at::Tensor keys2 = momentum_projector_.Forward(features[1]);
  return {keys1, keys2};
}

SnclrMethod::Direction SnclrMethod::DirectionalLoss(
    const at::Tensor& predictions, const at::Tensor& embeddings,
    const Candidates& candidates) const {
  const at::Tensor unit_queries = UnitRows(predictions);
  const at::Tensor positiveness =
      PositivenessOf(spec_.weight_gradient() ? embeddings : embeddings.detach(),
                     candidates.own.narrow(1, 1, candidate_options_.neighbors),
                     positiveness_options_, attention_);
  return {SoftNeighborLoss(unit_queries, positiveness, candidates.own,
                           candidates.columns_global, loss_options_),
          positiveness.detach(),
          (unit_queries.detach() * candidates.own.select(1, 0)).sum(1).mean()};
}

StepOutput SnclrMethod::Forward(const Views& views) {
  const at::Tensor images = at::cat({views.view1, views.view2});
  const std::vector<at::Tensor> features = encoder_->Forward(images).chunk(2);
  Pair embeddings{projector_.Forward(features[0]),
                  projector_.Forward(features[1])};
  Pair predictions{predictor_.Forward(embeddings.view1),
                   predictor_.Forward(embeddings.view2)};
  Pair keys = MomentumKeys(images);

  // From here in the weights' dtype: similarities over a temperature in
  // bfloat16 have two digits.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::autocast_dispatch_keyset);
  const at::ScalarType dtype = encoder_->first_weight().scalar_type();
  for (Pair* pair : {&embeddings, &predictions, &keys}) {
    *pair = {pair->view1.to(dtype), pair->view2.to(dtype)};
  }
  const Candidates candidates1 =
      GatherCandidates(UnitRows(keys.view1), bank_, candidate_options_, group_);
  const Candidates candidates2 =
      GatherCandidates(UnitRows(keys.view2), bank_, candidate_options_, group_);
  const Direction first =
      DirectionalLoss(predictions.view1, embeddings.view1, candidates2);
  const Direction second =
      DirectionalLoss(predictions.view2, embeddings.view2, candidates1);

  StepOutput output;
  output.loss = first.loss + second.loss;
  output.metrics = Metrics(first, second, candidates1, candidates2);
  output.features = features[0].detach();
  output.embeddings = embeddings.view1.detach();
  bank_.Push(candidates2.pushed);
  return output;
}

NamedTensors SnclrMethod::Metrics(const Direction& first,
                                  const Direction& second,
                                  const Candidates& candidates1,
                                  const Candidates& candidates2) const {
  const at::NoGradGuard no_gradient;
  NamedTensors metrics = {
      {"positive_similarity", MeanOf(first.similarity, second.similarity)}};
  if (candidate_options_.neighbors == 0) return metrics;
  const Neighbors& neighbors1 = candidates1.neighbors;
  const Neighbors& neighbors2 = candidates2.neighbors;
  const at::Tensor index = at::cat({neighbors1.index, neighbors2.index});
  const at::Tensor weights = at::cat({first.positiveness, second.positiveness});
  Append(metrics,
         {{"neighbor_similarity",
           MeanOf(neighbors1.similarity.mean(), neighbors2.similarity.mean())},
          {"neighbor_age_steps", bank_.MeanAge(index)},
          {"neighbor_random_share", bank_.RandomShare(index)},
          {"bank_random_share", bank_.RandomShare()},
          {"positiveness_max", weights.amax(1).mean()},
          {"positiveness_entropy", Entropy(weights).mean()},
          {"positiveness_sum", weights.sum(1).mean()}});
  return metrics;
}

NamedTensors SnclrMethod::TrainedParameters() {
  NamedTensors trained = snclr::TrainedParameters(*encoder_, "encoder");
  Append(trained, snclr::TrainedParameters(projector_, "projector"));
  Append(trained, snclr::TrainedParameters(predictor_, "predictor"));
  if (attention_.embedding.defined() && spec_.weight_gradient()) {
    Append(trained, {{"attention.embedding", attention_.embedding},
                     {"attention.neighbor", attention_.neighbor}});
  }
  return trained;
}

NamedTensors SnclrMethod::MomentumParameters() {
  NamedTensors momentum = snclr::MomentumParameters(
      *encoder_, *momentum_encoder_, "momentum.encoder");
  Append(momentum, snclr::MomentumParameters(projector_, momentum_projector_,
                                             "momentum.projector"));
  return momentum;
}

NamedTensors SnclrMethod::State() {
  NamedTensors state = FrozenParameters(*encoder_, "encoder");
  Append(state, Buffers(*encoder_, "encoder"));
  Append(state, Buffers(projector_, "projector"));
  Append(state, Buffers(predictor_, "predictor"));
  Append(state,
         MomentumState(*encoder_, *momentum_encoder_, "momentum.encoder"));
  Append(state,
         MomentumState(projector_, momentum_projector_, "momentum.projector"));
  if (attention_.embedding.defined() && !spec_.weight_gradient()) {
    Append(state, {{"attention.embedding", attention_.embedding},
                   {"attention.neighbor", attention_.neighbor}});
  }
  for (const NamedTensor& tensor : bank_.State()) {
    state.push_back({absl::StrCat("bank.", tensor.name), tensor.tensor});
  }
  return state;
}

LossBand SnclrMethod::InitialLossBand(int64_t batch, int64_t ranks) const {
  return SnclrLossBand(spec_, batch, ranks);
}

at::Tensor SnclrMethod::UnitKeys(const at::Tensor& images) {
  const at::NoGradGuard no_gradient;
  const EvaluationMode encoder_mode(*momentum_encoder_);
  const EvaluationMode projector_mode(momentum_projector_);
  return UnitRows(
      momentum_projector_.Forward(momentum_encoder_->Forward(images)));
}

SoftNeighbors SnclrMethod::NeighborsAmong(const at::Tensor& images,
                                          const at::Tensor& own,
                                          const at::Tensor& unit_keys) {
  const at::NoGradGuard no_gradient;
  const EvaluationMode encoder_mode(*encoder_);
  const EvaluationMode projector_mode(projector_);
  TORCH_CHECK(spec_.neighbors() < unit_keys.size(0),
              "NeighborsAmong: ", spec_.neighbors(), " neighbours among ",
              unit_keys.size(0), " images");
  at::Tensor products = at::mm(unit_keys.index_select(0, own), unit_keys.t());
  products.scatter_(1, own.unsqueeze(1),
                    -std::numeric_limits<double>::infinity());
  const auto [similarity, index] = at::topk(products, spec_.neighbors(), 1);
  const at::Tensor neighbors =
      unit_keys.index_select(0, index.reshape({-1}))
          .view({index.size(0), index.size(1), unit_keys.size(1)});
  return {index, similarity,
          PositivenessOf(projector_.Forward(encoder_->Forward(images)),
                         neighbors, positiveness_options_, attention_)};
}

absl::StatusOr<std::unique_ptr<Method>> MakeSnclr(
    const SnclrSpec& spec, const HeadSpec& projector, const HeadSpec& predictor,
    std::shared_ptr<Encoder> encoder, uint64_t seed, ProcessGroup& group) {
  RETURN_IF_ERROR(CheckSpecs(spec, projector, predictor));
  ASSIGN_OR_RETURN(std::shared_ptr<Encoder> momentum_encoder,
                   MakeEncoder(encoder->spec(), seed));
  momentum_encoder->to(encoder->first_weight().device(),
                       encoder->first_weight().scalar_type());
  std::unique_ptr<Method> method;
  RETURN_IF_ERROR(CatchTorch([&] {
    method.reset(new SnclrMethod(spec, projector, predictor, std::move(encoder),
                                 std::move(momentum_encoder), seed, group));
    return absl::OkStatus();
  })) << "making the SNCLR method";
  return method;
}

}  // namespace snclr
