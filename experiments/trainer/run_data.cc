// SPDX-License-Identifier: MIT
#include "experiments/trainer/run_data.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "data/sources/open_source.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::StatusOr<RunData> OpenRunData(const ExperimentSpec& spec) {
  RunData data;
  const KnnSpec& knn = spec.evaluation().knn();
  if (knn.every_epochs() > 0) {
    auto evaluation = KnnEvaluation::Create(
        spec.data(), spec.augmentation(), {knn.neighbors(), knn.temperature()},
        spec.evaluation().batch());
    if (evaluation.ok()) {
      data.knn = *std::move(evaluation);
    } else if (absl::IsFailedPrecondition(evaluation.status())) {
      data.why_no_knn = std::string(evaluation.status().message());
    } else {
      return evaluation.status();
    }
  }
  if (!data.knn) {
    ASSIGN_OR_RETURN(data.without_knn, OpenSource(spec.data(), Split::kTrain));
  }
  if (spec.data().global_batch() > data.train().size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.global_batch: a batch of ", spec.data().global_batch(),
        " images is larger than the data set, which has ",
        data.train().size()));
  }
  return data;
}

absl::StatusOr<std::unique_ptr<Loader>> OpenLoader(const ExperimentSpec& spec,
                                                   const Source& train,
                                                   int64_t first_step,
                                                   const ProcessGroup& group,
                                                   at::Device device) {
  LoaderOptions options;
  options.seed = spec.seed();
  options.batch = spec.data().global_batch() / group.size();
  options.rank = group.rank();
  options.ranks = group.size();
  options.image_size_px = spec.encoder().image_size_px();
  options.workers = spec.data().workers();
  options.prefetch_batches = spec.data().prefetch_batches();
  options.max_broken_images = spec.data().max_broken_images();
  options.first_step = first_step;
  options.page_locked = device.is_cuda();
  return MakeLoader(train, spec.augmentation(), options);
}

}  // namespace snclr
