// SPDX-License-Identifier: MIT
#include "experiments/trainer/loop.h"

#include <ATen/record_function.h>

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
#include "experiments/trainer/out_of_memory.h"
#include "experiments/trainer/run_facts.h"
#include "experiments/trainer/totals.h"
#include "google/protobuf/text_format.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"

namespace snclr {
namespace {

std::string EncoderText(const EncoderSpec& spec) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(spec, &text);
  return text;
}

}  // namespace

Loop::Loop(const LoopParts& parts, std::map<std::string, double> results,
           int64_t evaluated_at)
    : parts_(parts),
      save_every_(absl::Minutes(parts.spec.checkpoint().every_minutes())),
      results_(std::move(results)),
      watch_(parts.spec.watch(), parts.band, parts.loader.steps_per_epoch()),
      guard_(parts.spec, parts.band),
      evaluated_at_(evaluated_at),
      saved_at_(parts.learner.steps_done() > 0 ? parts.learner.steps_done()
                                               : -1),
      saved_evaluation_(evaluated_at),
      saved_time_(absl::Now()) {}

absl::StatusOr<LoopEnd> Loop::Run(int64_t last_step) {
  Learner& learner = parts_.learner;
  last_step = std::min(last_step, learner.total_steps());
  if (learner.steps_done() == 0) {
    RETURN_IF_ERROR(EvaluateUntrained());
    TakeSnapshot();
  } else {
    // A signal came between this step and its evaluation.
    RETURN_IF_ERROR(EvaluateIfDue());
  }
  const int64_t first_step = learner.steps_done();
  while (learner.steps_done() < last_step && stop_signal() == 0) {
    RETURN_IF_ERROR(TellProfile(/*at_end=*/false));
    const absl::Time begin = absl::Now();
    ASSIGN_OR_RETURN(LateStep step, Step());
    RETURN_IF_ERROR(Settle());
    pending_ = std::move(step);
    pace_.Step(absl::Now() - begin);
    ShowProgress(last_step);
    RETURN_IF_ERROR(EvaluateIfDue());
    SnapshotIfDue();
    RETURN_IF_ERROR(SaveIfDue());
  }
  RETURN_IF_ERROR(Settle());
  ShowProgress(last_step);
  parts_.progress.EndSteps();
  RETURN_IF_ERROR(TellProfile(/*at_end=*/true));
  const bool stopped = learner.steps_done() < last_step;
  if (learner.steps_done() > first_step && !stopped) {
    RETURN_IF_ERROR(EvaluateKnn());
  }
  RETURN_IF_ERROR(Save());
  if (learner.steps_done() == learner.total_steps() &&
      learner.steps_done() > first_step) {
    TakeSnapshot();
  }
  RETURN_IF_ERROR(TellTotals(parts_.spec, parts_.learner, parts_.loader,
                             parts_.group, parts_.journal));
  if (stopped) return LoopEnd::kSignal;
  return last_step < learner.total_steps() ? LoopEnd::kStepLimit
                                           : LoopEnd::kAllSteps;
}

absl::Status Loop::TellProfile(bool at_end) {
  if (parts_.profile == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const std::vector<std::string> lines,
      at_end ? parts_.profile->AtEnd() : parts_.profile->BeforeStep());
  for (const std::string& line : lines) parts_.progress.Line(line);
  return absl::OkStatus();
}

// What a step or an evaluation came to, in words that help where a GPU is full.
absl::Status Loop::Explained(const absl::Status& status,
                             const std::string& doing,
                             const std::string& field) {
  return ExplainOutOfMemory(status, parts_.spec, parts_.learner, doing, field);
}

absl::StatusOr<Loop::LateStep> Loop::Step() {
  const auto next = [&] {
    RECORD_USER_SCOPE("step.data");
    return parts_.loader.Next();
  };
  absl::StatusOr<Batch> made = next();
  RETURN_IF_ERROR(
      Explained(made.status(), "the views of a batch", "data.global_batch"));
  const Batch batch = *std::move(made);
  LateStep step{{}, {}, ReadBack(parts_.learner.device())};
  const absl::Status done = CatchTorch([&] {
    // ReadBack awaits what they come to.
    const Streaming streaming(parts_.group, parts_.learner.repeats());
    step.record = parts_.learner.Step({batch.view1, batch.view2});
    parts_.learner.Probe(batch.label, &step.record);
    step.news = ShareStep({parts_.stop.requested(), SaveIsDueByTime()},
                          &step.record.output, parts_.group);
    step.read_back.Begin(watch_.LooksAt(step.record.step), &step.record,
                         &step.news);
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(Explained(
      done, absl::StrCat("the step of ", batch.view1.size(0), " images"),
      "data.global_batch"))
      << "step " << parts_.learner.steps_done() + 1;
  const std::string note = parts_.learner.TakeNote();
  if (!note.empty()) parts_.journal.Note(step.record.step, note);
  return step;
}

// Reads back what the newest step left.
absl::Status Loop::Settle() {
  if (!pending_) return absl::OkStatus();
  RECORD_USER_SCOPE("step.records");
  LateStep step = *std::exchange(pending_, std::nullopt);
  StepRecord& record = step.record;
  return CatchTorch([&]() -> absl::Status {
    step.read_back.Wait(parts_.group);
    if (record.late_gradient_norm.defined()) {
      record.gradient_norm = record.late_gradient_norm.item<double>();
    }
    news_ = ReadNews(step.news);
    loss_ = record.output.loss.item<double>();
    shown_ = record;
    shown_->output = StepOutput();
    RETURN_IF_ERROR(guard_.Check(
        {record.step, loss_, record.gradient_norm, record.learning_rate}));
    watch_.Loss(record.step, loss_);
    // One that overflowed in float16 has been skipped.
    const bool is_skipped = !std::isfinite(record.gradient_norm);
    if (record.first_gradient.defined() && !is_skipped) {
      watch_.FirstLayerGradient(record.step,
                                record.first_gradient.item<double>());
    }
    Record(record, loss_);
    parts_.journal.Report(watch_.Take(), record.epoch);
    return absl::OkStatus();
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
  };
  const bool is_skipped = !std::isfinite(record.gradient_norm);
  if (!is_skipped) values.push_back({"gradient_norm", record.gradient_norm});
  values.push_back(
      {"images_per_second",
       pace_.StepsPerSecond() * parts_.spec.data().global_batch()});
  if (record.first_gradient.defined() && !is_skipped) {
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

// After the step just done. The last step's comes before its checkpoint, so
// that a run that is killed behind that checkpoint has its result.
bool Loop::EvaluationIsDue() const {
  const int64_t done = parts_.learner.steps_done();
  return done == parts_.learner.total_steps() ||
         EvaluationsDone(done) != EvaluationsDone(done - 1);
}

absl::Status Loop::EvaluateIfDue() {
  if (!EvaluationIsDue() || stop_signal() != 0) return absl::OkStatus();
  return EvaluateKnn();
}

absl::StatusOr<KnnResult> Loop::RunKnn() {
  auto result =
      parts_.knn->Run(parts_.learner.method().encoder(), parts_.group);
  if (result.ok()) return result;
  return Explained(
      result.status(),
      absl::StrCat("an evaluation of ", parts_.spec.evaluation().batch(),
                   " images at a time"),
      "evaluation.batch");
}

absl::Status Loop::EvaluateUntrained() {
  const bool wanted = parts_.spec.evaluation().knn().untrained();
  if (parts_.knn == nullptr || !wanted) return absl::OkStatus();
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const KnnResult result, RunKnn());
  pace_.Evaluation(absl::Now() - begin);
  results_["knn_top1_untrained"] = result.top1;
  parts_.journal.Metrics("eval", 0, 0, {{"knn_top1_untrained", result.top1}});
  const double chance =
      100.0 / static_cast<double>(parts_.knn->train().class_names().size());
  parts_.progress.Line(
      absl::StrFormat("k-NN top-1 %.1f %% %s (chance: %.1f %%)", result.top1,
                      BeforeTraining(parts_.spec), chance));
  return absl::OkStatus();
}

absl::Status Loop::EvaluateKnn() {
  RECORD_USER_SCOPE("step.evaluation");
  const int64_t step = parts_.learner.steps_done();
  if (parts_.knn == nullptr || evaluated_at_ == step) return absl::OkStatus();
  RETURN_IF_ERROR(Settle());
  RETURN_IF_ERROR(parts_.learner.CheckFinite());
  const absl::Time begin = absl::Now();
  ASSIGN_OR_RETURN(const KnnResult result, RunKnn());
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

void Loop::SnapshotIfDue() {
  if (parts_.snapshots == nullptr || stop_signal() != 0) return;
  const Schedule& schedule = parts_.learner.schedule();
  const int64_t done = parts_.learner.steps_done();
  if (parts_.snapshots->IsDue(schedule.Epoch(done - 1), schedule.Epoch(done))) {
    TakeSnapshot();
  }
}

// What cannot be taken is told once, no more: the run itself is what it is.
void Loop::TakeSnapshot() {
  const int64_t step = parts_.learner.steps_done();
  if (parts_.snapshots == nullptr || snapshots_failed_) return;
  if (snapshot_at_ == step) return;
  snapshot_at_ = step;
  const auto files = parts_.snapshots->Take(
      parts_.learner.method(), step, parts_.learner.schedule().Epoch(step));
  if (!files.ok()) {
    snapshots_failed_ = true;
    parts_.journal.Note(
        step, absl::StrCat("snapshots end here: ", files.status().message()));
    return;
  }
  for (const SnapshotFile& file : *files) {
    parts_.journal.Artifact(file.kind, file.path, file.bytes, file.checksum);
  }
}

// Alone one knows at once; among ranks what all have heard counts, so that none
// leaves the others in the middle of a step.
int Loop::stop_signal() const {
  return parts_.group.size() == 1 ? parts_.stop.requested() : news_.signal;
}

// By rank 0's clock.
bool Loop::SaveIsDueByTime() const {
  return parts_.group.rank() == 0 && save_every_ > absl::ZeroDuration() &&
         absl::Now() - saved_time_ >= save_every_;
}

absl::Status Loop::SaveIfDue() {
  const CheckpointSpec& spec = parts_.spec.checkpoint();
  const int64_t done = parts_.learner.steps_done();
  const bool by_time =
      parts_.group.size() == 1 ? SaveIsDueByTime() : news_.save_now;
  const bool by_steps =
      spec.every_steps() > 0 && done % spec.every_steps() == 0;
  return by_time || by_steps ? Save() : absl::OkStatus();
}

absl::Status Loop::Save() {
  if (saved_at_ == parts_.learner.steps_done() &&
      saved_evaluation_ == evaluated_at_) {
    return absl::OkStatus();
  }
  // A step that went wrong must not replace a checkpoint that is right: neither
  // one whose loss is no number nor one whose update has made none of weights.
  RETURN_IF_ERROR(Settle());
  RETURN_IF_ERROR(parts_.learner.CheckFinite());
  RETURN_IF_ERROR(WriteCheckpoint());
  saved_at_ = parts_.learner.steps_done();
  saved_evaluation_ = evaluated_at_;
  saved_time_ = absl::Now();
  news_.save_now = false;  // also of what was said before this one was written
  return absl::OkStatus();
}

absl::Status Loop::WriteCheckpoint() {
  RECORD_USER_SCOPE("step.checkpoint");
  Checkpoint checkpoint;
  checkpoint.spec = SpecToText(parts_.spec);
  checkpoint.spec_hash = SpecHash(parts_.spec);
  checkpoint.encoder = EncoderText(parts_.spec.encoder());
  checkpoint.threads = parts_.threads;
  checkpoint.ranks = parts_.group.size();
  checkpoint.ranks_before = parts_.ranks_before;
  checkpoint.results = results_;
  checkpoint.evaluated_at = evaluated_at_;
  checkpoint.data_fingerprint = parts_.data_fingerprint;
  RETURN_IF_ERROR(parts_.learner.Save(&checkpoint));
  absl::Status written;
  if (parts_.group.rank() == 0) {
    auto file = AddCheckpoint(checkpoint, parts_.folder,
                              parts_.spec.checkpoint().keep());
    written = file.status();
    if (file.ok()) checkpoint_ = *std::move(file);
  }
  return Agree(written, parts_.group);
}

void Loop::ShowProgress(int64_t last_step) {
  if (!shown_) return;
  const int64_t done = shown_->step;
  const int64_t per_epoch = parts_.loader.steps_per_epoch();
  ProgressState state;
  state.step = done;
  state.total_steps = parts_.learner.total_steps();
  state.epoch = (done - 1) / per_epoch + 1;
  state.epochs = parts_.spec.schedule().epochs();
  state.loss = loss_;
  state.learning_rate = shown_->learning_rate;
  state.images_per_second =
      pace_.StepsPerSecond() * parts_.spec.data().global_batch();
  state.left = pace_.Left(last_step - done,
                          EvaluationsDone(last_step) - EvaluationsDone(done));
  parts_.progress.Step(state, absl::Now());
}

}  // namespace snclr
