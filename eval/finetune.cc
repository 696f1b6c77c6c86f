// SPDX-License-Identifier: MIT
#include "eval/finetune.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "data/source.h"
#include "eval/knn.h"
#include "eval/layer_groups.h"
#include "eval/mix.h"
#include "snclr/core/base/random.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/nn/drop_path.h"
#include "snclr/core/nn/initialization.h"
#include "snclr/core/nn/linear.h"
#include "snclr/core/nn/module_tensors.h"
#include "snclr/core/optim/adamw.h"
#include "snclr/core/optim/flat_parameters.h"
#include "snclr/core/optim/schedule.h"

namespace snclr {
namespace {

constexpr double kHeadStd = 0.02;  // DeiT's

// One group of parameters with its optimizer.
struct TrainedGroup {
  TrainedGroup(const LayerGroup& group, double weight_decay)
      : lr_scale(group.lr_scale),
        parameters(group.parameters, FlatParameters::kWithGradients),
        optimizer(parameters, Options(group.decays ? weight_decay : 0)) {}

  static AdamWOptions Options(double weight_decay) {
    AdamWOptions options;
    options.weight_decay = weight_decay;
    options.decay_all = true;  // the group decides
    return options;
  }

  const double lr_scale;
  FlatParameters parameters;
  AdamW optimizer;
};

class Tuning {
 public:
  Tuning(Encoder& encoder, const LabelledData& data,
         const FinetuneOptions& options)
      : encoder_(encoder),
        data_(data),
        options_(options),
        spec_(options.spec),
        device_(encoder.first_weight().device()) {
    head_ = std::make_shared<Linear>(encoder.feature_dim(), data.classes(),
                                     /*with_bias=*/true);
    FillNormal(head_->weight, kHeadStd, options.seed, "head.weight");
    head_->to(device_);
    for (at::Tensor& parameter : encoder.parameters()) {
      parameter.set_requires_grad(true);
    }
    NamedTensors parameters = TrainedParameters(encoder, "encoder");
    Append(parameters, TrainedParameters(*head_, "head"));
    for (const LayerGroup& group :
         LayerGroups(parameters, spec_.layer_decay())) {
      groups_.push_back(
          std::make_unique<TrainedGroup>(group, spec_.weight_decay()));
    }
    schedule_.set_epochs(spec_.epochs());
    schedule_.set_warmup_epochs(spec_.warmup_epochs());
    result_.batch = std::min<int64_t>(spec_.batch(), data.train->size());
    result_.train_images = data.train->size();
    if (encoder.branches() > 0) result_.drop_path = spec_.drop_path();
  }

  absl::StatusOr<FinetuneResult> Run(
      const std::function<absl::Status(const FinetuneStep&)>& after_step) {
    AugmentationSpec views = options_.views;
    *views.mutable_view1() = spec_.view();
    LoaderOptions loading;
    loading.seed = options_.seed;
    loading.batch = result_.batch;
    loading.image_size_px = encoder_.spec().image_size_px();
    loading.workers = options_.loading.workers;
    loading.max_broken_images = options_.loading.max_broken_images;
    loading.only_view1 = true;
    loading.repeats = spec_.repeats();
    ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader,
                     MakeLoader(*data_.train, views, loading));
    const int64_t per_epoch = loader->steps_per_epoch();
    encoder_.train();
    for (int64_t step = 0; step < per_epoch * spec_.epochs(); ++step) {
      ASSIGN_OR_RETURN(const Batch batch, loader->Next());
      const double epoch = static_cast<double>(step) / per_epoch;
      const double lr = LearningRateAt(schedule_, PeakRate(), epoch);
      RETURN_IF_ERROR(Step(batch, step, lr));
      RETURN_IF_ERROR(after_step({step + 1, per_epoch * spec_.epochs(),
                                  step / per_epoch + 1, spec_.epochs(),
                                  result_.batch, result_.loss, lr}));
    }
    RETURN_IF_ERROR(Evaluate());
    return result_;
  }

 private:
  double PeakRate() const {
    return spec_.base_lr() * static_cast<double>(result_.batch) / 256;
  }

  absl::Status Step(const Batch& batch, int64_t step, double lr) {
    const at::Tensor kept = batch.label.ne(kUnlabelled).nonzero().flatten();
    if (kept.numel() == 0) return absl::OkStatus();
    const at::Tensor images = batch.view1.index_select(0, kept);
    const Mix mix = DrawMix(
        {spec_.mixup_alpha(), spec_.cutmix_alpha(), spec_.cutmix_probability()},
        images.size(3),
        Random(options_.seed, {kStreamMix, static_cast<uint64_t>(step)}));
    const at::Tensor targets =
        MixTargets(batch.label.index_select(0, kept), data_.classes(), mix.own,
                   spec_.label_smoothing());
    const at::Tensor scales = DropPathScales(
        spec_.drop_path(), encoder_.branches(), images.size(0),
        Random(options_.seed, {kStreamDropPath, static_cast<uint64_t>(step)}));
    for (const auto& group : groups_) group->parameters.ZeroGradients();
    // What is drawn and mixed is the same on every device.
    const at::Tensor features =
        encoder_.ForwardScaled(MixImages(images, mix).to(device_),
                               scales.defined() ? scales.to(device_) : scales);
    const at::Tensor loss =
        SoftCrossEntropy(head_->Forward(features), targets.to(device_));
    result_.loss = loss.item<double>();
    if (!std::isfinite(result_.loss)) {
      return absl::InternalError(absl::StrCat(
          "the loss of step ", step + 1, " is ", result_.loss,
          ": a smaller evaluation.finetune.base_lr or more warm-up may help"));
    }
    loss.backward();
    for (const auto& group : groups_) {
      group->optimizer.Step(lr * group->lr_scale);
    }
    result_.steps = step + 1;
    return absl::OkStatus();
  }

  absl::Status Evaluate() {
    ASSIGN_OR_RETURN(const LabelledFeatures test,
                     ExtractLabelled(encoder_, data_, Split::kTest,
                                     options_.views, options_.loading));
    const at::NoGradGuard no_grad;
    ASSIGN_OR_RETURN(
        const KnnResult accuracy,
        AccuracyOfScores(
            head_->Forward(test.features.to(device_)).to(at::kDouble),
            test.labels));
    result_.top1 = accuracy.top1;
    result_.top5 = accuracy.top5;
    result_.test_images = accuracy.test_images;
    return absl::OkStatus();
  }

  Encoder& encoder_;
  const LabelledData& data_;
  const FinetuneOptions& options_;
  const FinetuneSpec& spec_;
  const at::Device device_;
  std::shared_ptr<Linear> head_;
  std::vector<std::unique_ptr<TrainedGroup>> groups_;
  ScheduleSpec schedule_;
  FinetuneResult result_;
};

}  // namespace

absl::StatusOr<FinetuneResult> Finetune(
    Encoder& encoder, const LabelledData& data, const FinetuneOptions& options,
    const std::function<absl::Status(const FinetuneStep&)>& after_step) {
  absl::StatusOr<FinetuneResult> result = absl::InternalError("unset");
  RETURN_IF_ERROR(CatchTorch([&] {
    result = Tuning(encoder, data, options).Run(after_step);
    return result.status();
  }));
  return result;
}

}  // namespace snclr
