// SPDX-License-Identifier: MIT
// Weighted k-nearest-neighbour classification: how well classes sit together in
// feature space, measured without training anything.
#ifndef EVAL_KNN_H_
#define EVAL_KNN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"

namespace snclr {

struct KnnOptions {
  int64_t neighbors = 20;     // k > 0
  double temperature = 0.07;  // T > 0, unitless
};

// The score of every class for every test image:
//
//   score(x, c) = sum over the k training features f_i most similar to x that
//                 have label c of exp(cos(x, f_i) / T)
//
// A class that none of the k voted for has the score 0.
// Source: Wu et al., arXiv:1805.01978, Sec. 3.4; k = 20 and T = 0.07 as DINO,
// lightly and solo-learn have them.
//
//   train_features  [N, E]  float, raw: rows are normalised here
//   train_labels    [N]     int64 in [0, classes)
//   test_features   [M, E]  float, raw, on the device of train_features
//   returns         [M, classes] float64, on that device
//
// InvalidArgument where there are fewer training features than k, or where a
// shape or label does not fit. Time O(N M E); memory O(N E + M (E + classes))
// and blocks of bounded size: the [M, N] similarities never exist at once.
absl::StatusOr<at::Tensor> KnnScores(const at::Tensor& train_features,
                                     const at::Tensor& train_labels,
                                     const at::Tensor& test_features,
                                     int64_t classes,
                                     const KnnOptions& options);

struct KnnResult {
  double top1 = 0;  // percent of the test images
  double top5 = 0;
  int64_t train_images = 0;
  int64_t test_images = 0;
  int64_t neighbors = 0;
};

// Percentages of rows whose own class is the best, or among the five best.
// Equal scores rank by class number, the lower first, as a stable sort has it
// (solo-learn's WeightedKNNClassifier). Classes without a vote are equal at 0
// and take part: with five classes top-5 is always 100.
//
//   scores  [M, classes] float64    labels  [M] int64 in [0, classes)    M > 0
//
// Leaves train_images and neighbors at 0. DataLoss where a score is no number.
absl::StatusOr<KnnResult> AccuracyOfScores(const at::Tensor& scores,
                                           const at::Tensor& labels);

// Both at once. Labels of the test images may lie on the CPU.
absl::StatusOr<KnnResult> WeightedKnn(const at::Tensor& train_features,
                                      const at::Tensor& train_labels,
                                      const at::Tensor& test_features,
                                      const at::Tensor& test_labels,
                                      int64_t classes,
                                      const KnnOptions& options);

}  // namespace snclr

#endif  // EVAL_KNN_H_
