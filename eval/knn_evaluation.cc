// SPDX-License-Identifier: MIT
#include "eval/knn_evaluation.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"

namespace snclr {

absl::StatusOr<std::unique_ptr<KnnEvaluation>> KnnEvaluation::Create(
    const DataSpec& data, const AugmentationSpec& augmentation,
    const KnnOptions& knn, int64_t batch) {
  std::unique_ptr<KnnEvaluation> made(new KnnEvaluation);
  ASSIGN_OR_RETURN(made->data_, OpenLabelledData(data));
  if (made->train().size() < knn.neighbors) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN with ", knn.neighbors,
                     " neighbors needs as many training images; there are ",
                     made->train().size(), " (evaluation.knn.neighbors)"));
  }
  made->augmentation_ = augmentation;
  made->knn_ = knn;
  made->loading_ = EvalLoading(data, batch);
  return made;
}

absl::StatusOr<KnnResult> KnnEvaluation::Run(Encoder& encoder) const {
  ASSIGN_OR_RETURN(
      const LabelledFeatures known,
      ExtractLabelled(encoder, data_, Split::kTrain, augmentation_, loading_));
  ASSIGN_OR_RETURN(
      const LabelledFeatures asked,
      ExtractLabelled(encoder, data_, Split::kTest, augmentation_, loading_));
  return WeightedKnn(known.features, known.labels, asked.features, asked.labels,
                     data_.classes(), knn_);
}

}  // namespace snclr
