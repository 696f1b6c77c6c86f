// SPDX-License-Identifier: MIT
#include "experiments/trainer/learner.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/trainer/initial_weights.h"
#include "experiments/trainer/restore.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"
#include "snclr/core/optim/ema.h"
#include "snclr/core/optim/make_optimizer.h"

namespace snclr {
namespace {

// Where an optimizer's tensors stand in a checkpoint.
constexpr char kOptimizerPrefix[] = "optimizer.";
constexpr char kProbePrefix[] = "online_probe.";

NamedTensors Prefixed(NamedTensors tensors, const std::string& prefix) {
  for (NamedTensor& named : tensors) named.name = prefix + named.name;
  return tensors;
}

// Weights stay float32; products are made in the precision's dtype while one
// exists, attention by a fused kernel.
class Autocast {
 public:
  Autocast(Precision precision, at::Device device)
      : on_(precision == BF16 || precision == FP16), type_(device.type()) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(
        type_, precision == BF16 ? at::kBFloat16 : at::kHalf);
    at::autocast::set_autocast_enabled(type_, true);
  }
  ~Autocast() {
    if (!on_) return;
    // It keeps rounded weights, which the optimizer is about to change.
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(type_, false);
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool on_;
  const at::DeviceType type_;
};

int64_t Bytes(double mib) { return static_cast<int64_t>(mib * (1 << 20)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Learner>> Learner::Create(
    const ExperimentSpec& spec, const MethodFactory& factory,
    int64_t steps_per_epoch, ProcessGroup& group, at::Device device) {
  std::unique_ptr<Learner> learner;
  const absl::Status made = CatchTorch([&]() -> absl::Status {
    ASSIGN_OR_RETURN(auto encoder,
                     MakeEncoder(spec.encoder(), spec.seed(), &group));
    RETURN_IF_ERROR(LoadInitialWeights(spec, *encoder));
    if (!device.is_cpu()) encoder->to(device);
    ASSIGN_OR_RETURN(auto method, factory(spec, std::move(encoder), group));
    learner.reset(new Learner(spec, std::move(method), steps_per_epoch, group));
    return absl::OkStatus();
  });
  if (!made.ok()) return made;
  return learner;
}

Learner::Learner(const ExperimentSpec& spec, std::unique_ptr<Method> method,
                 int64_t steps_per_epoch, ProcessGroup& group)
    : spec_(spec),
      group_(group),
      method_(std::move(method)),
      trained_(method_->TrainedParameters(), FlatParameters::kWithGradients),
      sum_(method_->TrainedParameters(), trained_, group_,
           Bytes(spec_.parallelism().bucket_mib())),
      optimizer_(MakeOptimizer(spec_.optimizer(), trained_)),
      gated_(*optimizer_, trained_,
             {spec_.optimizer().clip_gradient_norm(),
              /*scales_loss=*/spec_.precision() == FP16}),
      schedule_(spec_.optimizer(), spec_.schedule(), spec_.momentum(),
                spec_.data().global_batch(), steps_per_epoch) {
  const NamedTensors momentum = method_->MomentumParameters();
  if (!momentum.empty())
    momentum_.emplace(momentum, FlatParameters::kValuesOnly);
}

StepRecord Learner::Step(const Views& views) {
  StepRecord record;
  record.step = steps_done_ + 1;
  record.epoch = schedule_.Epoch(steps_done_ + 1);
  record.learning_rate = schedule_.LearningRate(steps_done_);
  // The published order moves the momentum encoder at a step's beginning. Every
  // step but the first has had that done by the optimizer of the one before.
  if (steps_done_ == 0 && momentum_) {
    UpdateEma(trained_, {*momentum_, schedule_.Momentum(0)});
  }
  record.momentum = schedule_.Momentum(steps_done_ + 1);
  gated_.Tell(record.learning_rate, record.momentum);
  TakeViews(views);
  trained_.CheckInPlace();
  runner_->Run([this] { Compute(); });
  record.output = output_;
  record.first_gradient = first_gradient_;
  if (device().is_cpu()) {
    record.gradient_norm = gated_.gradient_norm().item<double>();
  } else {
    record.late_gradient_norm = gated_.gradient_norm();
  }
  if (!runner_->repeats()) {
    views_ = Views();
    output_ = StepOutput();
    first_gradient_ = at::Tensor();
  }
  ++steps_done_;
  return record;
}

std::unique_ptr<StepRunner> Learner::GraphRunner() {
  return MakeGraphRunner(device(), {[this] { group_.BeginRecording(); },
                                    [this] { group_.EndRecording(); },
                                    [this] { group_.BeginRepeating(); }});
}

void Learner::TakeViews(const Views& views) {
  RECORD_USER_SCOPE("step.forward");
  const at::NoGradGuard no_grad;
  // From page-locked memory a copy goes on while the CPU does.
  const bool later = true;
  const auto take = [&](const at::Tensor& view, at::Tensor* here) {
    if (!runner_->repeats()) {
      *here = view.to(device(), later);
      return;
    }
    if (!here->defined()) *here = at::empty_like(view, device());
    TORCH_CHECK(here->sizes() == view.sizes(), "views of shape ", view.sizes(),
                " where all before had ", here->sizes());
    here->copy_(view, later);
  };
  take(views.view1, &views_.view1);
  take(views.view2, &views_.view2);
}

void Learner::Compute() {
  ForwardAndBackward();
  RECORD_USER_SCOPE("step.optimizer");
  const at::NoGradGuard no_grad;
  const at::Tensor first = method_->encoder().first_weight();
  if (first.requires_grad()) {
    first_gradient_ = gated_.Unscaled(at::linalg_vector_norm(first.grad()));
  }
  gated_.Step(momentum_ ? &*momentum_ : nullptr);
  for (const auto& [name, tensor] : gated_.Metrics()) {
    output_.metrics.push_back({name, tensor.clone()});
  }
}

void Learner::ForwardAndBackward() {
  trained_.ZeroGradients();
  {
    RECORD_USER_SCOPE("step.forward");
    Autocast autocast(spec_.precision(), device());
    output_ = method_->Forward(views_);
  }
  RECORD_USER_SCOPE("step.backward");
  sum_.Begin();
  const at::Tensor loss = gated_.Scaled(output_.loss);
  // The sum over the ranks is then the gradient of their losses' mean.
  if (group_.size() == 1) {
    loss.backward();
  } else {
    (loss / group_.size()).backward();
  }
  sum_.Finish();
  output_.loss = output_.loss.detach();
}

int64_t Learner::WeightBytes() const {
  size_t bytes = trained_.values().nbytes() + trained_.gradients().nbytes();
  if (momentum_) bytes += momentum_->values().nbytes();
  for (const NamedTensor& named : optimizer_->State()) {
    bytes += named.tensor.nbytes();
  }
  return static_cast<int64_t>(bytes);
}

NamedTensors Learner::Rest() {
  NamedTensors rest = method_->MomentumParameters();
  for (NamedTensor& named : method_->State()) rest.push_back(std::move(named));
  for (NamedTensor& named : Prefixed(optimizer_->State(), kOptimizerPrefix)) {
    rest.push_back(std::move(named));
  }
  for (NamedTensor& named : Prefixed(gated_.State(), kOptimizerPrefix)) {
    rest.push_back(std::move(named));
  }
  return rest;
}

absl::Status Learner::CheckFinite() {
  NamedTensors tensors = method_->TrainedParameters();
  for (NamedTensor& named : Prefixed(optimizer_->State(), kOptimizerPrefix)) {
    tensors.push_back(std::move(named));
  }
  return CatchTorch([&]() -> absl::Status {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : tensors) {
      if (!tensor.is_floating_point()) continue;
      if (at::isfinite(tensor).all().item<bool>()) continue;
      return absl::InternalError(
          absl::StrCat("step ", steps_done_, ": '", name,
                       "' is no longer finite, though the loss was. Likely "
                       "cause: a learning "
                       "rate that is too high. The checkpoint before is kept"));
    }
    return absl::OkStatus();
  });
}

void Learner::AddOnlineProbe(int64_t classes) {
  const OnlineProbeSpec& spec = spec_.evaluation().online_probe();
  if (!spec.enabled()) return;
  probe_ = std::make_unique<OnlineProbe>(
      method_->encoder().feature_dim(), classes, spec.learning_rate(),
      spec_.seed(), group_, trained_.values().device());
}

void Learner::Probe(const at::Tensor& labels, StepRecord* record) {
  if (!probe_) return;
  record->output.metrics.push_back(
      {"online_top1", probe_->Step(record->output.features, labels)});
}

NamedTensors Learner::ProbeState() const {
  return probe_ ? Prefixed(probe_->State(), kProbePrefix) : NamedTensors();
}

absl::Status Learner::Save(Checkpoint* checkpoint) {
  checkpoint->step = steps_done_;
  checkpoint->method = method_->name();
  RETURN_IF_ERROR(checkpoint->Add(method_->TrainedParameters()));
  RETURN_IF_ERROR(checkpoint->Add(ProbeState()));
  RETURN_IF_ERROR(checkpoint->Add(Rest()));
  if (group_.size() == 1) return absl::OkStatus();
  RETURN_IF_ERROR(CheckReplicas());
  return GatherRankState(method_->RankState(), group_, checkpoint);
}

// Ranks that drift apart train on, to a result that is nobody's.
absl::Status Learner::CheckReplicas() {
  const absl::Status same =
      CheckSameOnAll("weights", snclr::WeightsChecksum({}, Shared()), group_);
  if (!absl::IsFailedPrecondition(same)) return same;
  return absl::InternalError(
      absl::StrCat("step ", steps_done_,
                   ": the ranks' weights are no longer equal: ", same.message(),
                   ". Likely cause: different processors, libraries or "
                   "programs. The checkpoint before is kept"));
}

absl::Status Learner::Share() {
  if (group_.size() == 1) return absl::OkStatus();
  return CatchTorch([&] {
    const at::NoGradGuard no_grad;
    at::Tensor steps = at::tensor({steps_done_}, at::kLong);
    group_.Broadcast(steps, 0);
    steps_done_ = steps.item<int64_t>();
    for (const NamedTensor& named : Shared()) {
      at::Tensor whole = named.tensor.contiguous();
      group_.Broadcast(whole, 0);
      if (!whole.is_same(named.tensor)) at::Tensor(named.tensor).copy_(whole);
    }
    return absl::OkStatus();
  });
}

NamedTensors Learner::Shared() {
  NamedTensors all = method_->TrainedParameters();
  const NamedTensors own = method_->RankState();
  NamedTensors rest = Rest();
  for (NamedTensor& named : ProbeState()) rest.push_back(std::move(named));
  for (NamedTensor& named : rest) {
    const bool is_own = std::any_of(
        own.begin(), own.end(),
        [&](const NamedTensor& other) { return other.name == named.name; });
    if (!is_own) all.push_back(std::move(named));
  }
  return all;
}

absl::Status Learner::Restore(const Checkpoint& checkpoint) {
  std::vector<RankTensors> others;
  const absl::Status restored =
      group_.rank() == 0 ? RestoreOwn(checkpoint, &others) : absl::OkStatus();
  RETURN_IF_ERROR(Agree(restored, group_));
  RETURN_IF_ERROR(Share());
  return ScatterRankState(others, method_->RankState(), group_);
}

absl::Status Learner::RestoreOwn(Checkpoint checkpoint,
                                 std::vector<RankTensors>* others) {
  RETURN_IF_ERROR(TakeRankState(&checkpoint, others));
  RETURN_IF_ERROR(CheckRankState(*others, method_->RankState()));
  RETURN_IF_ERROR(CheckSameEncoder(checkpoint, method_->encoder().spec()));
  if (checkpoint.method != method_->name()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the checkpoint is of method '", checkpoint.method,
                     "', this run of '", method_->name(), "'"));
  }
  NamedTensors all = method_->TrainedParameters();
  for (NamedTensor& named : Rest()) all.push_back(std::move(named));
  for (NamedTensor& named : ProbeState()) all.push_back(std::move(named));
  RETURN_IF_ERROR(RestoreAll(checkpoint, all));
  steps_done_ = checkpoint.step;
  return absl::OkStatus();
}

std::string Learner::WeightsChecksum() {
  return snclr::WeightsChecksum(method_->TrainedParameters(), Rest());
}

}  // namespace snclr
