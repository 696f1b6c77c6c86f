// SPDX-License-Identifier: MIT
// k-NN accuracy of an encoder on a data set: what the trainer runs every few
// epochs and //eval:knn runs once.
//
//   ASSIGN_OR_RETURN(auto knn, KnnEvaluation::Create(spec.data(),
//                        spec.augmentation(), {20, 0.07}, /*batch=*/256));
//   ASSIGN_OR_RETURN(KnnResult result, knn->Run(method.encoder()));
#ifndef EVAL_KNN_EVALUATION_H_
#define EVAL_KNN_EVALUATION_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "data/data.pb.h"
#include "data/loading/loader.h"
#include "data/source.h"
#include "data/views/augmentation.pb.h"
#include "eval/knn.h"
#include "eval/labelled_data.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/encoder.h"

namespace snclr {

class KnnEvaluation {
 public:
  // Opens both splits, once for all evaluations. `batch` is images per forward
  // pass. FailedPrecondition, and only then, where no accuracy can be had from
  // this data (no labels, no test images) and the message says why: a run may
  // go on without. InvalidArgument where there are fewer training images than
  // neighbours, or a class has test images and no training images. Otherwise as
  // OpenSource.
  static absl::StatusOr<std::unique_ptr<KnnEvaluation>> Create(
      const DataSpec& data, const AugmentationSpec& augmentation,
      const KnnOptions& knn, int64_t batch);

  // Extracts the features of both splits and classifies the test images by the
  // training images. Takes as long as a forward pass over all of them, divided
  // among the ranks of `group`: every rank calls it with the same weights, and
  // has the same result, or one rank's error, with its name.
  absl::StatusOr<KnnResult> Run(Encoder& encoder, ProcessGroup& group) const;
  absl::StatusOr<KnnResult> Run(Encoder& encoder) const;

  const Source& train() const { return *data_.train; }
  const Source& test() const { return *data_.test; }

 private:
  KnnEvaluation() = default;
  absl::StatusOr<LabelledFeatures> Share(Encoder& encoder, Split split,
                                         const ProcessGroup& group) const;

  LabelledData data_;
  AugmentationSpec augmentation_;
  KnnOptions knn_;
  EvalOptions loading_;
};

}  // namespace snclr

#endif  // EVAL_KNN_EVALUATION_H_
