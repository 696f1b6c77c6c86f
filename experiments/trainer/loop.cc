// SPDX-License-Identifier: MIT
#include "experiments/trainer/loop.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "experiments/proto/spec.h"
#include "experiments/trainer/checkpoint_folder.h"
#include "experiments/trainer/format.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

std::string EncoderText(const EncoderSpec& spec) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(spec, &text);
  return text;
}

}  // namespace

Loop::Loop(const LoopParts& parts, std::map<std::string, double> results)
    : parts_(parts),
      save_every_(absl::Minutes(parts.spec.checkpoint().every_minutes())),
      results_(std::move(results)),
      watch_(parts.spec.watch(), parts.band, parts.loader.steps_per_epoch()),
      guard_(parts.spec, parts.band),
      saved_time_(absl::Now()) {}

absl::StatusOr<LoopEnd> Loop::Run(int64_t last_step) {
  Learner& learner = parts_.learner;
  last_step = std::min(last_step, learner.total_steps());
  if (learner.steps_done() == 0) RETURN_IF_ERROR(EvaluateUntrained());
  const int64_t first_step = learner.steps_done();
  while (learner.steps_done() < last_step && parts_.stop.requested() == 0) {
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(StepRecord record, Step());
    RETURN_IF_ERROR(Settle());
    pending_ = std::move(record);
    pace_.Step(absl::Now() - begin);
    ShowProgress(last_step);
    RETURN_IF_ERROR(EvaluateIfDue());
    RETURN_IF_ERROR(SaveIfDue());
  }
  RETURN_IF_ERROR(Settle());
  parts_.progress.EndSteps();
  const bool stopped = learner.steps_done() < last_step;
  if (learner.steps_done() > first_step && !stopped)
    RETURN_IF_ERROR(EvaluateKnn());
  if (learner.steps_done() > first_step || first_step == 0)
    RETURN_IF_ERROR(Save());
  if (stopped) return LoopEnd::kSignal;
  return last_step < learner.total_steps() ? LoopEnd::kStepLimit
                                           : LoopEnd::kAllSteps;
}

absl::StatusOr<StepRecord> Loop::Step() {
  ASSIGN_OR_RETURN(const Batch batch, parts_.loader.Next());
  StepRecord record;
  RETURN_IF_ERROR(CatchTorch([&] {
    record = parts_.learner.Step({batch.view1, batch.view2});
    parts_.learner.Probe(batch.label, &record);
    return absl::OkStatus();
  })) << "step "
      << parts_.learner.steps_done() + 1;
  return record;
}

// Reads back what the newest step left.
absl::Status Loop::Settle() {
  if (!pending_) return absl::OkStatus();
  const StepRecord record = *std::exchange(pending_, std::nullopt);
  return CatchTorch([&] {
    loss_ = record.output.loss.item<double>();
    watch_.Loss(record.step, *loss_);
    if (record.first_gradient.defined()) {
      watch_.FirstLayerGradient(record.step,
                                record.first_gradient.item<double>());
    }
    const absl::Status healthy = guard_.Check(
        {record.step, *loss_, record.gradient_norm, record.learning_rate});
    if (healthy.ok()) Record(record, *loss_);
    parts_.journal.Report(watch_.Take(), record.epoch);
    return healthy;
  });
}

void Loop::Record(const StepRecord& record, double loss) {
  const bool last = record.step == parts_.learner.total_steps();
  if (watch_.LooksAt(record.step)) {
    parts_.journal.Metrics(
        "watch", record.step, record.epoch,
        watch_.Embeddings(record.step, record.output.features,
                          record.output.embeddings));
  }
  if (record.step % parts_.spec.tracking().every_steps() != 0 &&
      record.step != 1 && !last) {
    return;
  }
  std::vector<MetricValue> values = {
      {"loss", loss},
      {"learning_rate", record.learning_rate},
      {"momentum", record.momentum},
      {"gradient_norm", record.gradient_norm},
      {"images_per_second",
       pace_.StepsPerSecond() * parts_.spec.data().global_batch()},
  };
  if (record.first_gradient.defined()) {
    values.push_back(
        {"first_gradient_norm", record.first_gradient.item<double>()});
  }
  for (const auto& [name, tensor] : record.output.metrics) {
    values.push_back({name, tensor.item<double>()});
    watch_.MethodMetric(record.step, name, values.back().value);
  }
  parts_.journal.Metrics("train", record.step, record.epoch, values);
}

// Evaluations that belong to the first `steps` steps; the last step's besides.
int64_t Loop::EvaluationsDone(int64_t steps) const {
  const double every = parts_.spec.evaluation().knn().every_epochs();
  if (parts_.knn == nullptr || every <= 0) return 0;
  // An epoch's share of a step is lost in rounding; a millionth of one is none.
  return static_cast<int64_t>(
      std::floor(parts_.learner.schedule().Epoch(steps) / every + 1e-9));
}

absl::Status Loop::EvaluateIfDue() {
  const int64_t done = parts_.learner.steps_done();
  if (EvaluationsDone(done) == EvaluationsDone(done - 1))
    return absl::OkStatus();
  if (parts_.stop.requested() != 0) return absl::OkStatus();
  return EvaluateKnn();
}

absl::Status Loop::EvaluateUntrained() {
  const bool wanted = parts_.spec.evaluation().knn().untrained();
  if (parts_.knn == nullptr || !wanted) return absl::OkStatus();
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const KnnResult result,
                   parts_.knn->Run(parts_.learner.method().encoder()));
  pace_.Evaluation(absl::Now() - begin);
  results_["knn_top1_untrained"] = result.top1;
  parts_.journal.Metrics("eval", 0, 0, {{"knn_top1_untrained", result.top1}});
  const double chance =
      100.0 / static_cast<double>(parts_.knn->train().class_names().size());
  parts_.progress.Line(absl::StrFormat(
      "k-NN top-1 %.1f %% untrained (chance: %.1f %%)", result.top1, chance));
  return absl::OkStatus();
}

absl::Status Loop::EvaluateKnn() {
  const int64_t step = parts_.learner.steps_done();
  if (parts_.knn == nullptr || evaluated_at_ == step) return absl::OkStatus();
  RETURN_IF_ERROR(Settle());
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const KnnResult result,
                   parts_.knn->Run(parts_.learner.method().encoder()));
  pace_.Evaluation(absl::Now() - begin);
  evaluated_at_ = step;
  const double epoch = parts_.learner.schedule().Epoch(step);
  results_["knn_top1"] = result.top1;
  results_["knn_top5"] = result.top5;
  parts_.journal.Metrics(
      "eval", step, epoch,
      {{"knn_top1", result.top1}, {"knn_top5", result.top5}});
  parts_.progress.Line(absl::StrFormat(
      "k-NN top-1 %.1f %% after %s", result.top1,
      epoch == std::floor(epoch) ? absl::StrCat(epoch, " epochs")
                                 : absl::StrCat(step, " steps")));
  watch_.Knn(step, result.top1);
  parts_.journal.Report(watch_.Take(), epoch);
  return absl::OkStatus();
}

absl::Status Loop::SaveIfDue() {
  const CheckpointSpec& spec = parts_.spec.checkpoint();
  const int64_t done = parts_.learner.steps_done();
  const bool by_time = save_every_ > absl::ZeroDuration() &&
                       absl::Now() - saved_time_ >= save_every_;
  const bool by_steps =
      spec.every_steps() > 0 && done % spec.every_steps() == 0;
  return by_time || by_steps ? Save() : absl::OkStatus();
}

absl::Status Loop::Save() {
  if (saved_at_ == parts_.learner.steps_done()) return absl::OkStatus();
  // A step that went wrong must not replace a checkpoint that is right.
  RETURN_IF_ERROR(Settle());
  Checkpoint checkpoint;
  checkpoint.spec = SpecToText(parts_.spec);
  checkpoint.spec_hash = SpecHash(parts_.spec);
  checkpoint.encoder = EncoderText(parts_.spec.encoder());
  checkpoint.threads = parts_.threads;
  checkpoint.results = results_;
  RETURN_IF_ERROR(parts_.learner.Save(&checkpoint));
  ASSIGN_OR_RETURN(checkpoint_, AddCheckpoint(checkpoint, parts_.folder,
                                              parts_.spec.checkpoint().keep()));
  saved_at_ = checkpoint.step;
  saved_time_ = absl::Now();
  return absl::OkStatus();
}

void Loop::ShowProgress(int64_t last_step) {
  if (!loss_) return;
  const int64_t done = parts_.learner.steps_done();
  const int64_t per_epoch = parts_.loader.steps_per_epoch();
  ProgressState state;
  state.step = done;
  state.total_steps = parts_.learner.total_steps();
  state.epoch = (done - 1) / per_epoch + 1;
  state.epochs = parts_.spec.schedule().epochs();
  state.loss = *loss_;
  state.learning_rate = pending_->learning_rate;
  state.images_per_second =
      pace_.StepsPerSecond() * parts_.spec.data().global_batch();
  state.left = pace_.Left(last_step - done,
                          EvaluationsDone(last_step) - EvaluationsDone(done));
  parts_.progress.Step(state, absl::Now());
}

}  // namespace snclr
