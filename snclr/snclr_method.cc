// SPDX-License-Identifier: MIT
#include "snclr/snclr_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/xlogy.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/ops/unit_rows.h"
#include "snclr/loss_band.h"

namespace snclr {
namespace {

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
  return NeighborBank(
      {spec.rows(), dim, spec.wrap(), spec.precision() == BankSpec::BF16}, seed,
      stream, like.options());
}

at::Tensor MeanOf(const at::Tensor& a, const at::Tensor& b) {
  return (a + b) / 2;
}

// -sum_j w ln w for each row.
at::Tensor Entropy(const at::Tensor& weights) {
  return -at::xlogy(weights, weights).sum(1);
}

}  // namespace

SnclrMethod::SnclrMethod(const SnclrSpec& spec, int64_t dim,
                         std::unique_ptr<Branches> branches, uint64_t seed,
                         ProcessGroup& group)
    : spec_(spec),
      group_(group),
      candidate_options_{spec.neighbors(), spec.neighbors_as_negatives(),
                         spec.bank().scope()},
      positiveness_options_(MakePositivenessOptions(spec, dim)),
      loss_options_{spec.objective(), spec.temperature(),
                    spec.neighbors_as_negatives()},
      branches_(std::move(branches)),
      bank_(MakeBank(spec.bank(), dim, seed, group, branches_->like())) {
  if (spec.positiveness() == ATTENTION && spec.neighbors() > 0) {
    const auto map = [&](const char* name) {
      return MakeMap(name, dim, spec.weight_gradient(), seed,
                     branches_->like());
    };
    attention_ = {map("attention.embedding"), map("attention.neighbor")};
  }
}

SnclrMethod::Direction SnclrMethod::DirectionalLoss(
    const at::Tensor& predictions, const at::Tensor& embeddings,
    const Candidates& candidates) const {
  RECORD_USER_SCOPE("step.loss");
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
  const Branches::Outputs outputs = branches_->Forward(views);
  const PerView raw_keys = branches_->MomentumKeys(views);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::autocast_dispatch_keyset);
  const at::Tensor like = branches_->like();
  const PerView embeddings = InDtypeOf(like, outputs.embeddings);
  const PerView predictions = InDtypeOf(like, outputs.predictions);
  const PerView keys = InDtypeOf(like, raw_keys);

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
  output.features = outputs.features.view1.detach();
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
  NamedTensors trained = branches_->TrainedParameters();
  if (attention_.embedding.defined() && spec_.weight_gradient()) {
    Append(trained, {{"attention.embedding", attention_.embedding},
                     {"attention.neighbor", attention_.neighbor}});
  }
  return trained;
}

NamedTensors SnclrMethod::MomentumParameters() {
  return branches_->MomentumParameters();
}

NamedTensors SnclrMethod::State() {
  NamedTensors state = branches_->State();
  if (attention_.embedding.defined() && !spec_.weight_gradient()) {
    Append(state, {{"attention.embedding", attention_.embedding},
                   {"attention.neighbor", attention_.neighbor}});
  }
  Append(state, BankState());
  return state;
}

NamedTensors SnclrMethod::RankState() {
  return spec_.bank().scope() == LOCAL ? BankState() : NamedTensors();
}

NamedTensors SnclrMethod::BankState() const {
  NamedTensors state;
  for (const NamedTensor& tensor : bank_.State()) {
    state.push_back({absl::StrCat("bank.", tensor.name), tensor.tensor});
  }
  return state;
}

LossBand SnclrMethod::InitialLossBand(int64_t batch, int64_t ranks) const {
  return SnclrLossBand(spec_, batch, ranks);
}

at::Tensor SnclrMethod::UnitKeys(const at::Tensor& images) {
  return UnitRows(branches_->EvaluateKeys(images));
}

SoftNeighbors SnclrMethod::NeighborsAmong(const at::Tensor& images,
                                          const at::Tensor& own,
                                          const at::Tensor& unit_keys) {
  const at::NoGradGuard no_gradient;
  SoftNeighbors nearest = NearestOthers(own, unit_keys, spec_.neighbors());
  const at::Tensor neighbors =
      unit_keys.index_select(0, nearest.index.reshape({-1}))
          .view({own.size(0), spec_.neighbors(), unit_keys.size(1)});
  nearest.positiveness =
      PositivenessOf(branches_->EvaluateEmbeddings(images), neighbors,
                     positiveness_options_, attention_);
  return nearest;
}

absl::StatusOr<std::unique_ptr<Method>> MakeSnclr(
    const SnclrSpec& spec, const HeadSpec& projector, const HeadSpec& predictor,
    std::shared_ptr<Encoder> encoder, uint64_t seed, ProcessGroup& group) {
  if (spec.neighbors() > spec.bank().rows()) {
    return absl::InvalidArgumentError(
        absl::StrCat("snclr.bank.rows: ", spec.bank().rows(),
                     " is less than snclr.neighbors, ", spec.neighbors()));
  }
  BranchOptions options;
  options.projector = MlpHeadOptions::FromSpec(projector);
  options.predictor = MlpHeadOptions::FromSpec(predictor);
  options.momentum = true;
  ASSIGN_OR_RETURN(std::unique_ptr<Branches> branches,
                   Branches::Create(options, std::move(encoder), seed, group));
  std::unique_ptr<Method> method;
  RETURN_IF_ERROR(CatchTorch([&] {
    method.reset(new SnclrMethod(spec, projector.output_dim(),
                                 std::move(branches), seed, group));
    return absl::OkStatus();
  })) << "making the SNCLR method";
  return method;
}

}  // namespace snclr
