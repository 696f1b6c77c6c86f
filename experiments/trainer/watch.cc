// SPDX-License-Identifier: MIT
#include "experiments/trainer/watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/trainer/format.h"
#include "experiments/trainer/spread.h"

namespace snclr {
namespace {

// Losses still near their start: warm-up has hardly moved the weights.
constexpr int64_t kFirstSteps = 3;

// The running mean of the gradient: values before it means something, and how
// many steps it remembers.
constexpr int64_t kGradientsBefore = 20;
constexpr double kGradientMemory = 100;

}  // namespace

Watch::Watch(const WatchSpec& spec, const LossBand& band,
             int64_t steps_per_epoch)
    : spec_(spec), band_(band), steps_per_epoch_(steps_per_epoch) {}

void Watch::Loss(int64_t step, double loss) {
  if (step > kFirstSteps || (loss >= band_.low && loss <= band_.high)) return;
  Report("loss_band", step,
         absl::StrCat(
             "the loss begins at ", FormatLoss(loss), ", outside ",
             FormatLoss(band_.low), " to ", FormatLoss(band_.high), " (",
             band_.why, "): ",
             loss < band_.low
                 ? "keys and queries agree before training, as when both views "
                   "are the same image untouched"
                 : "queries and keys disagree more than random ones, as when "
                   "views are mixed up between images, or normalised wrongly"));
}

void Watch::FirstLayerGradient(int64_t step, double norm) {
  if (gradients_ >= kGradientsBefore &&
      norm > spec_.gradient_spike() * mean_gradient_) {
    Report(
        "gradient_spike", step,
        absl::StrCat("the first layer's gradient (norm ", FormatLoss(norm),
                     ") is ", FormatLoss(norm / mean_gradient_),
                     " times its running mean: instability begins there (MoCo "
                     "v3, Sec. 4.1); a lower optimizer.base_lr or, with a ViT, "
                     "encoder.vit.freeze_patch_projection prevents it"));
  }
  ++gradients_;
  mean_gradient_ += (norm - mean_gradient_) /
                    std::min(static_cast<double>(gradients_), kGradientMemory);
}

bool Watch::LooksAt(int64_t step) const {
  return spec_.every_steps() > 0 && step % spec_.every_steps() == 0;
}

std::vector<MetricValue> Watch::Embeddings(int64_t step,
                                           const at::Tensor& features,
                                           const at::Tensor& embeddings) {
  std::vector<MetricValue> values = {
      {"feature_std", FeatureStd(features)},
      {"feature_rank", EffectiveRank(features)},
      {"embedding_std", FeatureStd(embeddings)},
      {"embedding_rank", EffectiveRank(embeddings)},
  };
  const double embedding_std = values[2].value;
  if (embedding_std < spec_.min_feature_std()) {
    Report(
        "collapse", step,
        absl::StrFormat(
            "embeddings collapse: their standard deviation is %.3f of an even "
            "spread's (limit %g), all images get nearly the same one; a "
            "learning rate that is too high or a momentum that is too low "
            "does this",
            embedding_std, spec_.min_feature_std()));
  }
  const double rank = values[1].value;
  const double size = static_cast<double>(features.size(1));
  if (rank < spec_.min_effective_rank() * size) {
    Report(
        "low_rank", step,
        absl::StrFormat(
            "features use %.1f of %d directions (effective rank; limit %.1f): "
            "a dimensional collapse, which the loss does not show; weaker "
            "augmentation or a lower learning rate helps",
            rank, features.size(1), spec_.min_effective_rank() * size));
  }
  return values;
}

void Watch::MethodMetric(int64_t step, const std::string& name, double value) {
  if (name == "neighbor_age_steps" &&
      value > static_cast<double>(steps_per_epoch_)) {
    Report("stale_neighbors", step,
           absl::StrFormat(
               "neighbours are %.0f steps old on average, an epoch has "
               "%d: the bank holds images several times, and a key's "
               "neighbours are itself, earlier; make the bank smaller "
               "than the data set",
               value, steps_per_epoch_));
  }
  if (name == "neighbor_random_share" && step > 2 * steps_per_epoch_ &&
      value > 0.1) {
    Report("random_neighbors", step,
           absl::StrFormat(
               "%.0f %% of the neighbours are still the bank's initial "
               "random rows after two epochs: the bank is not filled",
               100 * value));
  }
}

void Watch::Knn(int64_t step, double top1) {
  if (top1 < best_top1_ - spec_.knn_dip_points()) {
    Report(
        "knn_dip", step,
        absl::StrFormat("k-NN top-1 fell to %.1f %% from its best, %.1f %%: "
                        "training was unstable in between; see the curves of "
                        "gradient_norm and loss",
                        top1, best_top1_));
  }
  best_top1_ = std::max(best_top1_, top1);
}

std::vector<Finding> Watch::Take() { return std::exchange(findings_, {}); }

void Watch::Report(const std::string& name, int64_t step,
                   const std::string& text) {
  if (reported_.insert(name).second) findings_.push_back({name, step, text});
}

}  // namespace snclr
