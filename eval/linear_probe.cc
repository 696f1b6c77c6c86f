// SPDX-License-Identifier: MIT
#include "eval/linear_probe.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "data/order.h"
#include "data/sources/stratified.h"
#include "eval/knn.h"
#include "eval/linear_heads.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// Scores of a block of images hold at most about this many floats.
constexpr int64_t kScoreFloats = 1 << 24;

at::Tensor Where(const at::Tensor& mask) { return mask.nonzero().flatten(); }

LabelledFeatures Select(const LabelledFeatures& all, const at::Tensor& rows) {
  return {all.features.index_select(0, rows), all.labels.index_select(0, rows),
          all.index.index_select(0, rows)};
}

// Which training images choose the rate: `share` of each class, rounded down.
//   [size] bool, by place in the source
at::Tensor HoldOut(const LinearData& data, double share) {
  const LabelledFeatures& train = data.train;
  const auto labels = train.labels.accessor<int64_t, 1>();
  const auto label = [&](int64_t row) { return labels[row]; };
  const int64_t rows = train.labels.size(0);
  std::vector<int64_t> quotas = CountByClass(rows, data.classes, label);
  for (int64_t& quota : quotas) {
    quota = static_cast<int64_t>(static_cast<double>(quota) * share);
  }
  const std::vector<bool> chosen =
      ChooseByClass(rows, quotas, label, SubsetPurpose::kProbe);
  at::Tensor held_out = at::zeros({data.places}, at::kBool);
  const auto index = train.index.accessor<int64_t, 1>();
  auto marks = held_out.accessor<bool, 1>();
  for (int64_t row = 0; row < rows; ++row) {
    if (chosen[row]) marks[index[row]] = true;
  }
  return held_out;
}

// Accuracy of each head; nothing for one whose scores are no numbers.
absl::StatusOr<std::vector<std::optional<KnnResult>>> Accuracies(
    const LinearHeads& heads, const LabelledFeatures& on, int64_t classes) {
  const int64_t rows = on.features.size(0);
  const int64_t block =
      std::max<int64_t>(1, kScoreFloats / (heads.heads() * classes));
  std::vector<int64_t> top1(heads.heads()), top5(heads.heads());
  std::vector<bool> is_number(heads.heads(), true);
  const auto images = [](double percent, int64_t of) {
    return std::llround(percent * static_cast<double>(of) / 100);
  };
  for (int64_t start = 0; start < rows; start += block) {
    const int64_t end = std::min(start + block, rows);
    const at::Tensor scores = heads.Scores(on.features.slice(0, start, end));
    for (int64_t head = 0; head < heads.heads(); ++head) {
      const auto part = AccuracyOfScores(scores.select(1, head).to(at::kDouble),
                                         on.labels.slice(0, start, end));
      if (absl::IsDataLoss(part.status())) {
        is_number[head] = false;
        continue;
      }
      RETURN_IF_ERROR(part.status());
      top1[head] += images(part->top1, end - start);
      top5[head] += images(part->top5, end - start);
    }
  }
  std::vector<std::optional<KnnResult>> results;
  for (int64_t head = 0; head < heads.heads(); ++head) {
    results.emplace_back();
    if (!is_number[head]) continue;
    results.back().emplace();
    results.back()->top1 = 100.0 * static_cast<double>(top1[head]) / rows;
    results.back()->top5 = 100.0 * static_cast<double>(top5[head]) / rows;
  }
  return results;
}

// A fit under way.
class Fit {
 public:
  Fit(const LinearData& data, const LinearSpec& spec, uint64_t seed,
      std::vector<double> base_lrs, int64_t batch)
      : data_(data), spec_(spec) {
    result_.batch = batch;
    result_.train_images = data.train.features.size(0);
    result_.test_images = data.test.features.size(0);
    LinearHeadsOptions options;
    options.momentum = spec.momentum();
    options.seed = seed;
    for (const double base_lr : base_lrs) {
      options.learning_rates.push_back(base_lr * static_cast<double>(batch) /
                                       256);
      result_.rates.push_back({base_lr});
    }
    const int64_t columns = data.train.features.size(1);
    all_.emplace(columns, data.classes, options);
    held_out_ = HoldOut(data, spec.held_out());
    result_.held_out_images = held_out_.sum().item<int64_t>();
    if (result_.held_out_images > 0) {
      some_.emplace(columns, data.classes, options);
    }
  }

  void Step(const LabelledFeatures& batch, int64_t epoch) {
    const double scale = LinearDecay(epoch, spec_.epochs());
    all_->Step(all_->Gradient(batch.features, batch.labels), scale);
    if (!some_) return;
    const at::Tensor seen =
        Where(held_out_.index_select(0, batch.index).logical_not());
    if (seen.numel() == 0) return;
    const LabelledFeatures part = Select(batch, seen);
    some_->Step(some_->Gradient(part.features, part.labels), scale);
  }

  absl::StatusOr<LinearResult> Finish() {
    ASSIGN_OR_RETURN(const auto test,
                     Accuracies(*all_, data_.test, data_.classes));
    auto choosing = test;
    if (some_) {
      const LabelledFeatures asked = Select(
          data_.train, Where(held_out_.index_select(0, data_.train.index)));
      ASSIGN_OR_RETURN(choosing, Accuracies(*some_, asked, data_.classes));
    }
    double best = -1;
    for (size_t i = 0; i < result_.rates.size(); ++i) {
      LinearRate& rate = result_.rates[i];
      rate.diverged = !test[i] || !choosing[i];
      if (rate.diverged) continue;
      rate.top1 = test[i]->top1;
      rate.top5 = test[i]->top5;
      if (some_) rate.held_out_top1 = choosing[i]->top1;
      if (choosing[i]->top1 <= best) continue;
      best = choosing[i]->top1;
      result_.chosen = i;
    }
    if (best < 0) {
      return absl::InternalError(
          "the linear probe diverged at every learning rate: the features are "
          "no numbers, or evaluation.linear.min_base_lr is too large");
    }
    return result_;
  }

 private:
  const LinearData& data_;
  const LinearSpec& spec_;
  at::Tensor held_out_;              // [places in the source] bool
  std::optional<LinearHeads> all_;   // on all training images
  std::optional<LinearHeads> some_;  // without those that are held out
  LinearResult result_;
};

absl::Status CheckData(const LinearData& data) {
  if (data.train.features.size(0) > 0 && data.test.features.size(0) > 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "no accuracy: there are no labelled images");
}

}  // namespace

absl::StatusOr<std::vector<double>> LinearRates(const LinearSpec& spec) {
  if (spec.min_base_lr() > spec.max_base_lr()) {
    return absl::InvalidArgumentError(
        absl::StrCat("evaluation.linear.min_base_lr: ", spec.min_base_lr(),
                     " is above max_base_lr, which is ", spec.max_base_lr()));
  }
  std::vector<double> rates;
  for (int i = 0; i < spec.rates(); ++i) {
    const double share = spec.rates() == 1 ? 0 : i / (spec.rates() - 1.0);
    rates.push_back(spec.min_base_lr() *
                    std::pow(spec.max_base_lr() / spec.min_base_lr(), share));
  }
  return rates;
}

double LinearDecay(int64_t epoch, int64_t epochs) {
  return 0.5 * (1 + std::cos(M_PI * static_cast<double>(epoch) /
                             static_cast<double>(epochs)));
}

absl::StatusOr<LinearResult> FitLinearProbe(const LinearData& data,
                                            const LinearSpec& spec,
                                            uint64_t seed,
                                            const LinearStep& after_step) {
  RETURN_IF_ERROR(CheckData(data));
  const int64_t images = data.train.features.size(0);
  const int64_t batch = std::min<int64_t>(spec.batch(), images);
  const auto next = [&](int64_t epoch, int64_t step) {
    const Order order = EpochOrder(images, seed, epoch);
    std::vector<int64_t> rows;
    const int64_t end = std::min((step + 1) * batch, images);
    for (int64_t i = step * batch; i < end; ++i) rows.push_back(order[i]);
    return Select(data.train, at::tensor(rows, at::kLong));
  };
  return FitLinearProbe(data, spec, seed, batch, (images + batch - 1) / batch,
                        next, after_step);
}

absl::StatusOr<LinearResult> FitLinearProbe(const LinearData& data,
                                            const LinearSpec& spec,
                                            uint64_t seed, int64_t batch,
                                            int64_t steps,
                                            const NextFeatures& next,
                                            const LinearStep& after_step) {
  RETURN_IF_ERROR(CheckData(data));
  ASSIGN_OR_RETURN(const std::vector<double> base_lrs, LinearRates(spec));
  absl::StatusOr<LinearResult> result = absl::InternalError("unset");
  RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    const at::NoGradGuard no_grad;
    Fit fit(data, spec, seed, base_lrs, batch);
    for (int64_t epoch = 0; epoch < spec.epochs(); ++epoch) {
      for (int64_t step = 0; step < steps; ++step) {
        ASSIGN_OR_RETURN(const LabelledFeatures features, next(epoch, step));
        fit.Step(features, epoch);
        RETURN_IF_ERROR(after_step(epoch, step, steps));
      }
    }
    result = fit.Finish();
    return absl::OkStatus();
  }));
  return result;
}

}  // namespace snclr
