// SPDX-License-Identifier: MIT
#include "eval/finetune_command.h"

#include <cstring>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "eval/finetune.h"
#include "eval/label_subset.h"
#include "eval/labelled_data.h"
#include "experiments/trainer/pace.h"
#include "experiments/trainer/progress.h"
#include "experiments/trainer/stop_signal.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// Shows each step, and ends the training where a signal asks for it.
class Watcher {
 public:
  Watcher(Progress& progress, const StopSignal& stop)
      : progress_(progress), stop_(stop), last_(absl::Now()) {}

  absl::Status operator()(const FinetuneStep& step) {
    const absl::Time now = absl::Now();
    pace_.Step(now - last_);
    last_ = now;
    ProgressState state;
    state.step = step.step;
    state.total_steps = step.total_steps;
    state.epoch = step.epoch;
    state.epochs = step.epochs;
    state.loss = step.loss;
    state.learning_rate = step.learning_rate;
    state.images_per_second =
        pace_.StepsPerSecond() * static_cast<double>(step.batch);
    state.left = pace_.Left(step.total_steps - step.step, 0);
    progress_.Step(state, now);
    const bool is_last = step.step == step.total_steps;
    if (stop_.requested() == 0 || is_last) return absl::OkStatus();
    return absl::CancelledError(absl::StrFormat(
        "stopped by '%s' after step %d of %d: nothing was "
        "measured or recorded; the same command begins anew",
        strsignal(stop_.requested()), step.step, step.total_steps));
  }

 private:
  Progress& progress_;
  const StopSignal& stop_;
  Pace pace_;
  absl::Time last_;
};

std::string Method(const EvaluationSpec& spec, const FinetuneResult& result) {
  const FinetuneSpec& tuning = spec.finetune();
  std::string text = absl::StrFormat(
      "AdamW, %d epochs, batch %d, base lr %g, weight decay %g, layer decay "
      "%g, label smoothing %g, mixup %g, cutmix %g, drop path %g, RandAugment "
      "%d x %g, erasing %g, repeats %d; n = %d test images, by %d training "
      "images",
      tuning.epochs(), result.batch, tuning.base_lr(), tuning.weight_decay(),
      tuning.layer_decay(), tuning.label_smoothing(), tuning.mixup_alpha(),
      tuning.cutmix_alpha(), result.drop_path,
      tuning.view().rand_augment().operations(),
      tuning.view().rand_augment().magnitude(),
      tuning.view().erase().probability(), tuning.repeats(), result.test_images,
      result.train_images);
  if (spec.labels().fraction() != 1) {
    absl::StrAppendFormat(&text, " (%g %% of the labels, seed %d)",
                          100 * spec.labels().fraction(), spec.labels().seed());
  }
  return text;
}

FinetuneOptions OptionsOf(const ExperimentSpec& spec) {
  FinetuneOptions options;
  options.spec = spec.evaluation().finetune();
  options.views = spec.augmentation();
  options.loading = EvalLoading(spec.data(), spec.evaluation().batch());
  options.seed = spec.seed();
  return options;
}

}  // namespace

absl::StatusOr<int> RunFinetune(const EvalCommand& command,
                                const std::string& list, std::FILE* screen) {
  ASSIGN_OR_RETURN(const Subject subject, OpenSubject(command));
  const EvaluationSpec& spec = subject.spec.evaluation();
  ASSIGN_OR_RETURN(LabelledData data, OpenLabelledData(subject.spec.data()));
  data.train = TakeLabelled(std::move(data.train), spec.labels());
  if (!list.empty()) {
    RETURN_IF_ERROR(WriteImageList(*data.train, UserPath(list))) << "--list";
  }
  Progress progress(screen, IsTerminal(screen), /*log=*/nullptr);
  progress.Line(DescribeSubject(subject));
  const StopSignal stop;
  const auto result = Finetune(*subject.encoder, data, OptionsOf(subject.spec),
                               Watcher(progress, stop));
  progress.EndSteps();
  if (absl::IsCancelled(result.status())) {
    progress.Line(std::string(result.status().message()));
    return stop.requested();
  }
  RETURN_IF_ERROR(result.status());
  const std::string method = Method(spec, *result);
  progress.Line(method);
  progress.Line(absl::StrFormat(
      "fine-tuned top-1 %.2f %%, top-5 %.2f %%  (%d classes: chance is %.3g "
      "%%)",
      result->top1, result->top5, data.classes(),
      100.0 / static_cast<double>(data.classes())));
  const std::string prefix = LabelsPrefix(spec.labels());
  std::ostringstream recorded;
  RETURN_IF_ERROR(RecordFor(subject, command,
                            {{prefix + "finetune_top1", result->top1},
                             {prefix + "finetune_top5", result->top5}},
                            method, recorded));
  progress.Line(std::string(absl::StripSuffix(recorded.str(), "\n")));
  return 0;
}

}  // namespace snclr
