// SPDX-License-Identifier: MIT
#include "eval/knn_evaluation.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"
#include "snclr/core/dist/agree.h"

namespace snclr {
namespace {

// [N_r, ...] of each rank, where N_r may differ -> [sum N_r, ...] in rank
// order.
at::Tensor GatherRows(const at::Tensor& local, ProcessGroup& group) {
  if (group.size() == 1) return local;
  const at::Tensor rows =
      group.AllGather(at::tensor({local.size(0)}, at::kLong));
  const int64_t most = rows.max().item<int64_t>();
  std::vector<int64_t> shape = local.sizes().vec();
  shape[0] = most;
  at::Tensor padded = at::empty(shape, local.options());
  padded.narrow(0, 0, local.size(0)).copy_(local);
  const at::Tensor all = group.AllGather(padded);
  std::vector<at::Tensor> parts;
  for (int64_t rank = 0; rank < group.size(); ++rank) {
    parts.push_back(all.narrow(0, rank * most, rows[rank].item<int64_t>()));
  }
  return at::cat(parts);
}

// From each rank's accuracy on its share to that of all.
absl::StatusOr<KnnResult> SumOverRanks(const KnnResult& own,
                                       int64_t train_images, int64_t neighbors,
                                       ProcessGroup& group) {
  KnnResult result = own;
  if (group.size() > 1) {
    const auto images = static_cast<double>(own.test_images);
    at::Tensor sums = at::tensor({std::round(own.top1 * images / 100),
                                  std::round(own.top5 * images / 100), images},
                                 at::kDouble);
    RETURN_IF_ERROR(CatchTorch([&] {
      group.AllReduceSum(sums);
      return absl::OkStatus();
    }));
    const auto* sum = sums.const_data_ptr<double>();
    result.top1 = 100 * sum[0] / sum[2];
    result.top5 = 100 * sum[1] / sum[2];
    result.test_images = static_cast<int64_t>(sum[2]);
  }
  result.train_images = train_images;
  result.neighbors = neighbors;
  return result;
}

}  // namespace

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
  SingleProcess alone;
  return Run(encoder, alone);
}

absl::StatusOr<KnnResult> KnnEvaluation::Run(Encoder& encoder,
                                             ProcessGroup& group) const {
  auto known = Share(encoder, Split::kTrain, group);
  RETURN_IF_ERROR(Agree(known.status(), group));
  RETURN_IF_ERROR(CatchTorch([&] {
    known->features = GatherRows(known->features, group);
    known->labels = GatherRows(known->labels, group);
    return absl::OkStatus();
  }));
  const auto asked = Share(encoder, Split::kTest, group);
  RETURN_IF_ERROR(Agree(asked.status(), group));
  absl::StatusOr<KnnResult> own = KnnResult();
  if (group.size() == 1 || asked->labels.numel() > 0) {
    own = WeightedKnn(known->features, known->labels, asked->features,
                      asked->labels, data_.classes(), knn_);
  }
  RETURN_IF_ERROR(Agree(own.status(), group));
  return SumOverRanks(*own, known->labels.numel(), knn_.neighbors, group);
}

// This rank's stretch of a split, which may be empty.
absl::StatusOr<LabelledFeatures> KnnEvaluation::Share(
    Encoder& encoder, Split split, const ProcessGroup& group) const {
  const int64_t images =
      split == Split::kTrain ? train().size() : test().size();
  EvalOptions share = loading_;
  share.first = images * group.rank() / group.size();
  share.count = images * (group.rank() + 1) / group.size() - share.first;
  if (share.count == 0) {
    LabelledFeatures none;
    none.features = at::empty({0, encoder.feature_dim()});
    none.labels = at::empty({0}, at::kLong);
    none.index = at::empty({0}, at::kLong);
    return none;
  }
  return ExtractLabelled(encoder, data_, split, augmentation_, share);
}

}  // namespace snclr
