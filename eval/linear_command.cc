// SPDX-License-Identifier: MIT
#include "eval/linear_command.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "eval/label_subset.h"
#include "eval/labelled_data.h"
#include "eval/linear_probe.h"
#include "snclr/core/base/command_line.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {
namespace {

// How often a long fit says how far it is.
constexpr absl::Duration kSayEvery = absl::Seconds(5);

class Fitting {
 public:
  Fitting(const Subject& subject, const LabelledData& data, std::ostream& out)
      : subject_(subject),
        data_(data),
        spec_(subject.spec.evaluation().linear()),
        device_(subject.encoder->first_weight().device()),
        out_(out) {}

  absl::StatusOr<LinearResult> Run() {
    const ExperimentSpec& spec = subject_.spec;
    const EvalOptions loading =
        EvalLoading(spec.data(), spec.evaluation().batch());
    ASSIGN_OR_RETURN(const LabelledFeatures train,
                     ExtractLabelled(*subject_.encoder, data_, Split::kTrain,
                                     spec.augmentation(), loading));
    ASSIGN_OR_RETURN(const LabelledFeatures test,
                     ExtractLabelled(*subject_.encoder, data_, Split::kTest,
                                     spec.augmentation(), loading));
    const LinearData features = {train, test, data_.classes(),
                                 data_.train->size()};
    said_ = absl::Now();
    const auto after_step = [this](int64_t epoch, int64_t step, int64_t steps) {
      Say(epoch, step, steps);
      return absl::OkStatus();
    };
    if (!spec_.augment()) {
      return FitLinearProbe(features, spec_, spec.seed(), after_step);
    }
    ASSIGN_OR_RETURN(const std::unique_ptr<Loader> loader, OpenLoader());
    const auto next = [&](int64_t, int64_t) { return NextFeatures(*loader); };
    return FitLinearProbe(features, spec_, spec.seed(), Batch(),
                          loader->steps_per_epoch(), next, after_step);
  }

 private:
  int64_t Batch() const {
    return std::min<int64_t>(spec_.batch(), data_.train->size());
  }

  absl::StatusOr<std::unique_ptr<Loader>> OpenLoader() {
    views_ = subject_.spec.augmentation();
    *views_.mutable_view1() = spec_.view();
    LoaderOptions options;
    options.seed = subject_.spec.seed();
    options.batch = Batch();
    options.image_size_px = subject_.spec.encoder().image_size_px();
    options.workers = subject_.spec.data().workers();
    options.max_broken_images = subject_.spec.data().max_broken_images();
    options.only_view1 = true;
    return MakeLoader(*data_.train, views_, options);
  }

  absl::StatusOr<LabelledFeatures> NextFeatures(Loader& loader) {
    while (true) {
      ASSIGN_OR_RETURN(const snclr::Batch batch, loader.Next());
      const at::Tensor kept = batch.label.ne(kUnlabelled).nonzero().flatten();
      if (kept.numel() == 0) continue;
      const at::Tensor views = batch.view1.index_select(0, kept).to(device_);
      return LabelledFeatures{
          subject_.encoder->Forward(views).to(at::kCPU, at::kFloat),
          batch.label.index_select(0, kept), batch.index.index_select(0, kept)};
    }
  }

  void Say(int64_t epoch, int64_t step, int64_t steps) {
    if (absl::Now() - said_ < kSayEvery) return;
    said_ = absl::Now();
    out_ << absl::StrFormat("  epoch %d/%d, step %d/%d\n", epoch + 1,
                            spec_.epochs(), step + 1, steps)
         << std::flush;
  }

  const Subject& subject_;
  const LabelledData& data_;
  const LinearSpec& spec_;
  const at::Device device_;
  std::ostream& out_;
  AugmentationSpec views_;
  absl::Time said_;
};

std::string ChosenBy(const LinearResult& result) {
  return result.held_out_images == 0
             ? "chosen by the test images, as the published protocol does"
             : absl::StrFormat("chosen by %d training images held out for that",
                               result.held_out_images);
}

std::string Method(const LinearSpec& spec, const LinearResult& result,
                   const LabelsSpec& labels) {
  const std::string share =
      labels.fraction() == 1
          ? ""
          : absl::StrFormat(" (%g %% of the labels, seed %d)",
                            100 * labels.fraction(), labels.seed());
  return absl::StrFormat(
      "SGD, %d epochs, batch %d, %s; n = %d test images, by %d training "
      "images%s",
      spec.epochs(), result.batch,
      spec.augment() ? "a new view in every epoch" : "cached features",
      result.test_images, result.train_images, share);
}

void Print(const Subject& subject, const LinearResult& result,
           const std::string& method, int64_t classes, std::ostream& out) {
  out << DescribeSubject(subject) << "\n" << method << "\n";
  out << "    base lr  held-out top-1  test top-1  test top-5\n";
  for (size_t i = 0; i < result.rates.size(); ++i) {
    const LinearRate& rate = result.rates[i];
    const bool is_chosen = i == result.chosen;
    if (rate.diverged) {
      out << absl::StrFormat("  %9.3g  diverged\n", rate.base_lr);
      continue;
    }
    out << absl::StrFormat("%s %9.3g  %14s  %10.2f  %10.2f\n",
                           is_chosen ? "*" : " ", rate.base_lr,
                           result.held_out_images == 0
                               ? "-"
                               : absl::StrFormat("%.2f", rate.held_out_top1),
                           rate.top1, rate.top5);
  }
  const LinearRate& chosen = result.rates[result.chosen];
  out << absl::StrFormat(
      "linear top-1 %.2f %%, top-5 %.2f %%  (%d classes: chance is %.3g %%)\n"
      "base lr %.3g, %s\n",
      chosen.top1, chosen.top5, classes, 100.0 / static_cast<double>(classes),
      chosen.base_lr, ChosenBy(result));
  if (result.rates.size() > 1 &&
      (result.chosen == 0 || result.chosen + 1 == result.rates.size())) {
    out << "note: that is the end of the range that was tried "
           "(evaluation.linear.min_base_lr, max_base_lr)\n";
  }
}

}  // namespace

absl::Status RunLinear(const EvalCommand& command, const std::string& list,
                       std::ostream& out) {
  ASSIGN_OR_RETURN(const Subject subject, OpenSubject(command));
  const EvaluationSpec& spec = subject.spec.evaluation();
  RETURN_IF_ERROR(LinearRates(spec.linear()).status());
  ASSIGN_OR_RETURN(LabelledData data, OpenLabelledData(subject.spec.data()));
  data.train = TakeLabelled(std::move(data.train), spec.labels());
  if (!list.empty()) {
    RETURN_IF_ERROR(WriteImageList(*data.train, UserPath(list))) << "--list";
  }
  ASSIGN_OR_RETURN(const LinearResult result,
                   Fitting(subject, data, out).Run());
  const std::string method = Method(spec.linear(), result, spec.labels());
  Print(subject, result, method, data.classes(), out);
  const LinearRate& chosen = result.rates[result.chosen];
  const std::string prefix = LabelsPrefix(spec.labels());
  return RecordFor(subject, command,
                   {{prefix + "linear_top1", chosen.top1},
                    {prefix + "linear_top5", chosen.top5}},
                   absl::StrFormat("%s, base lr %.3g, %s", method,
                                   chosen.base_lr, ChosenBy(result)),
                   out);
}

}  // namespace snclr
