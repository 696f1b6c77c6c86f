// SPDX-License-Identifier: MIT
// The images of a run: what it trains on, and what its k-NN accuracy is
// measured on.
#ifndef EXPERIMENTS_TRAINER_RUN_DATA_H_
#define EXPERIMENTS_TRAINER_RUN_DATA_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "eval/knn_evaluation.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

struct RunData {
  std::unique_ptr<KnnEvaluation> knn;   // null: accuracy is not measured
  std::string why_no_knn;               // for a person, where the spec wants it
  std::unique_ptr<Source> without_knn;  // the training images where knn is null

  const Source& train() const { return knn ? knn->train() : *without_knn; }
  const Source* test() const { return knn ? &knn->test() : nullptr; }
};

// Opens what a resolved spec names. Images without labels or without a test
// split are no error: the accuracy is left out, and it is said why.
// InvalidArgument where a batch is larger than the data set; otherwise as
// OpenSource. Every rank opens all of it.
absl::StatusOr<RunData> OpenRunData(const ExperimentSpec& spec);

// The batches of a run that has done `first_step` steps, of each this rank's
// share, for steps on `device`: a GPU makes the views itself where it can
// (CanMakeOnDevice), in the dtype of spec.precision. `train` outlives it. What
// a person should know of it goes to `lines`.
absl::StatusOr<std::unique_ptr<Loader>> OpenLoader(
    const ExperimentSpec& spec, const Source& train, int64_t first_step,
    const ProcessGroup& group, at::Device device,
    std::vector<std::string>* lines);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RUN_DATA_H_
