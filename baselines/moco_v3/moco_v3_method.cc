// SPDX-License-Identifier: MIT
#include "baselines/moco_v3/moco_v3_method.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/record_function.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "baselines/moco_v3/info_nce.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/cross_entropy_band.h"
#include "snclr/core/nn/heads.h"
#include "snclr/core/ops/unit_rows.h"

namespace snclr {
namespace {

struct Similarities {
  at::Tensor positive;  // [], mean of q.k
  at::Tensor negative;  // [], mean over the other images' keys; 0 without any
};

// The mean of all products is the product of the means: O((B + N) D).
Similarities Measure(const at::Tensor& queries, const at::Tensor& keys_global,
                     int64_t rank) {
  const at::NoGradGuard no_gradient;
  const int64_t batch = queries.size(0);
  const int64_t columns = keys_global.size(0);
  const at::Tensor positive =
      (queries * keys_global.narrow(0, rank * batch, batch)).sum(1).mean();
  if (columns == 1) return {positive, at::zeros({}, queries.options())};
  const at::Tensor all = (queries.mean(0) * keys_global.mean(0)).sum();
  return {positive, (all * columns - positive) / (columns - 1)};
}

}  // namespace

MocoV3Method::MocoV3Method(const MocoV3Spec& spec,
                           std::unique_ptr<Branches> branches,
                           ProcessGroup& group)
    : temperature_(spec.temperature()),
      group_(group),
      branches_(std::move(branches)) {}

StepOutput MocoV3Method::Forward(const Views& views) {
  const Branches::Outputs outputs = branches_->Forward(views);
  const PerView raw_keys = branches_->MomentumKeys(views);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(
      c10::autocast_dispatch_keyset);
  const at::Tensor like = branches_->like();
  const PerView predictions = InDtypeOf(like, outputs.predictions);
  const PerView keys = InDtypeOf(like, raw_keys);

  RECORD_USER_SCOPE("step.loss");
  const at::Tensor queries1 = UnitRows(predictions.view1);
  const at::Tensor queries2 = UnitRows(predictions.view2);
  const at::Tensor keys1 = group_.AllGather(UnitRows(keys.view1));  // [W B, D]
  const at::Tensor keys2 = group_.AllGather(UnitRows(keys.view2));
  const InfoNceOptions options{temperature_, group_.rank()};

  StepOutput output;
  output.loss = InfoNceLoss(queries1, keys2, options) +
                InfoNceLoss(queries2, keys1, options);
  const Similarities first = Measure(queries1, keys2, group_.rank());
  const Similarities second = Measure(queries2, keys1, group_.rank());
  output.metrics = {
      {"positive_similarity", (first.positive + second.positive) / 2},
      {"negative_similarity", (first.negative + second.negative) / 2}};
  output.features = outputs.features.view1.detach();
  output.embeddings = outputs.embeddings.view1.detach().to(like.scalar_type());
  return output;
}

LossBand MocoV3Method::InitialLossBand(int64_t batch, int64_t ranks) const {
  const auto [low, high] = InitialCrossEntropy(batch * ranks, temperature_);
  const double factor = 2 * 2 * temperature_;
  return {factor * low, factor * high,
          absl::StrFormat("2 directions x 2T ln N, T = %g, N = %d keys, "
                          "cosines of a random network",
                          temperature_, batch * ranks)};
}

absl::StatusOr<std::unique_ptr<Method>> MakeMocoV3(
    const MocoV3Spec& spec, const HeadSpec& projector,
    const HeadSpec& predictor, std::shared_ptr<Encoder> encoder, uint64_t seed,
    ProcessGroup& group) {
  BranchOptions options;
  options.projector = MlpHeadOptions::FromSpec(projector);
  options.predictor = MlpHeadOptions::FromSpec(predictor);
  options.momentum = true;
  ASSIGN_OR_RETURN(std::unique_ptr<Branches> branches,
                   Branches::Create(options, std::move(encoder), seed, group));
  return std::unique_ptr<Method>(
      new MocoV3Method(spec, std::move(branches), group));
}

}  // namespace snclr
