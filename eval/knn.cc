// SPDX-License-Identifier: MIT
#include "eval/knn.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "snclr/core/base/status_macros.h"
#include "snclr/core/base/torch_status.h"

namespace snclr {
namespace {

// A block of similarities holds at most this many floats (64 MiB).
constexpr int64_t kTestBlock = 1024;
constexpr int64_t kTrainBlock = 16384;
constexpr int64_t kTopRanks = 5;

absl::Status CheckLabels(const at::Tensor& labels, int64_t rows,
                         int64_t classes, const char* of) {
  if (labels.dim() != 1 || labels.size(0) != rows ||
      labels.scalar_type() != at::kLong) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN: ", rows, " ", of, " features have ", labels.numel(),
                     " labels; wanted one int64 each"));
  }
  if (rows == 0) return absl::OkStatus();
  const auto low = labels.min().item<int64_t>();
  const auto high = labels.max().item<int64_t>();
  if (low < 0 || high >= classes) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN: ", of, " labels from ", low, " to ", high,
                     "; wanted 0 to ", classes - 1));
  }
  return absl::OkStatus();
}

absl::Status CheckInput(const at::Tensor& train, const at::Tensor& train_labels,
                        const at::Tensor& test, int64_t classes,
                        const KnnOptions& options) {
  if (options.neighbors < 1 || !(options.temperature > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN: ", options.neighbors, " neighbors at temperature ",
                     options.temperature, "; both must be above 0"));
  }
  if (train.dim() != 2 || test.dim() != 2 || train.size(1) != test.size(1)) {
    return absl::InvalidArgumentError(
        "k-NN: training and test features must be [N, E] and [M, E]");
  }
  if (train.size(0) < options.neighbors) {
    return absl::InvalidArgumentError(
        absl::StrCat("k-NN with ", options.neighbors,
                     " neighbors needs as many "
                     "training images; there are ",
                     train.size(0)));
  }
  return CheckLabels(train_labels, train.size(0), classes, "training");
}

// The smallest norm is torch.nn.functional.normalize's: a zero row stays zero.
at::Tensor UnitRows(const at::Tensor& rows) {
  const auto norm =
      at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, /*keepdim=*/true);
  return rows.div(at::clamp_min(norm, 1e-12));
}

struct Neighbors {
  at::Tensor similarity;  // [b, k]
  at::Tensor index;       // [b, k], rows of the training features
};

// The k nearest of all training rows, a block of them at a time: the best so
// far compete with the best of the next block.
Neighbors FindNeighbors(const at::Tensor& unit_test,
                        const at::Tensor& unit_train, int64_t k) {
  Neighbors best;
  for (int64_t start = 0; start < unit_train.size(0); start += kTrainBlock) {
    const auto end = std::min(start + kTrainBlock, unit_train.size(0));
    const auto similarity =
        at::matmul(unit_test, unit_train.slice(0, start, end).t());
    auto [value, index] = at::topk(similarity, std::min(k, end - start), 1);
    index.add_(start);
    if (best.index.defined()) {
      value = at::cat({best.similarity, value}, 1);
      index = at::cat({best.index, index}, 1);
      const auto [kept, position] =
          at::topk(value, std::min(k, value.size(1)), 1);
      best = {kept, index.gather(1, position)};
    } else {
      best = {value, index};
    }
  }
  return best;
}

at::Tensor Scores(const at::Tensor& train_features,
                  const at::Tensor& train_labels,
                  const at::Tensor& test_features, int64_t classes,
                  const KnnOptions& options) {
  const at::NoGradGuard no_grad;
  const auto unit_train = UnitRows(train_features);
  const auto labels = train_labels.to(unit_train.device());
  const int64_t tests = test_features.size(0);
  auto scores =
      at::zeros({tests, classes}, unit_train.options().dtype(at::kDouble));
  for (int64_t start = 0; start < tests; start += kTestBlock) {
    const auto end = std::min(start + kTestBlock, tests);
    const auto nearest =
        FindNeighbors(UnitRows(test_features.slice(0, start, end)), unit_train,
                      options.neighbors);
    const auto votes =
        nearest.similarity.to(at::kDouble).div(options.temperature).exp();
    auto block = scores.slice(0, start, end);
    block.scatter_add_(
        1,
        labels.index_select(0, nearest.index.flatten()).view_as(nearest.index),
        votes);
  }
  return scores;
}

// 1 for the best class of each row, 2 for the next, ...: one more than the
// classes that score higher, or as high with a lower number.   [M] int64
at::Tensor RankOfLabel(const at::Tensor& scores, const at::Tensor& labels) {
  const auto own_class = labels.unsqueeze(1);
  const auto own = scores.gather(1, own_class);
  const auto classes = at::arange(scores.size(1), labels.options());
  const auto ahead = scores.gt(own).logical_or(
      scores.eq(own).logical_and(classes.lt(own_class)));
  return ahead.sum(1).add(1);
}

}  // namespace

absl::StatusOr<at::Tensor> KnnScores(const at::Tensor& train_features,
                                     const at::Tensor& train_labels,
                                     const at::Tensor& test_features,
                                     int64_t classes,
                                     const KnnOptions& options) {
  at::Tensor scores;
  RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    RETURN_IF_ERROR(CheckInput(train_features, train_labels, test_features,
                               classes, options));
    scores =
        Scores(train_features, train_labels, test_features, classes, options);
    return absl::OkStatus();
  }));
  return scores;
}

absl::StatusOr<KnnResult> AccuracyOfScores(const at::Tensor& scores,
                                           const at::Tensor& labels) {
  KnnResult result;
  RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    if (scores.dim() != 2 || scores.size(0) == 0) {
      return absl::InvalidArgumentError("k-NN: there are no test images");
    }
    RETURN_IF_ERROR(
        CheckLabels(labels, scores.size(0), scores.size(1), "test"));
    // Nothing is ahead of what is no number: the image would count as right.
    if (!scores.isfinite().all().item<bool>()) {
      return absl::DataLossError(absl::StrCat(
          "some scores of the ", scores.size(0),
          " test images are no numbers; are the encoder's features?"));
    }
    const auto rank = RankOfLabel(scores, labels.to(scores.device()));
    const auto percent = [&](int64_t ranks) {
      return 100.0 * rank.le(ranks).sum().item<int64_t>() / scores.size(0);
    };
    result.top1 = percent(1);
    result.top5 = percent(kTopRanks);
    result.test_images = scores.size(0);
    return absl::OkStatus();
  }));
  return result;
}

absl::StatusOr<KnnResult> WeightedKnn(const at::Tensor& train_features,
                                      const at::Tensor& train_labels,
                                      const at::Tensor& test_features,
                                      const at::Tensor& test_labels,
                                      int64_t classes,
                                      const KnnOptions& options) {
  ASSIGN_OR_RETURN(
      const at::Tensor scores,
      KnnScores(train_features, train_labels, test_features, classes, options));
  ASSIGN_OR_RETURN(KnnResult result, AccuracyOfScores(scores, test_labels));
  result.train_images = train_features.size(0);
  result.neighbors = options.neighbors;
  return result;
}

}  // namespace snclr
