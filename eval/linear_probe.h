// SPDX-License-Identifier: MIT
// The accuracy of a linear classifier on frozen features, its learning rate
// swept in one pass (eval.proto, LinearSpec).
#ifndef EVAL_LINEAR_PROBE_H_
#define EVAL_LINEAR_PROBE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "eval/eval.pb.h"
#include "eval/labelled_data.h"

namespace snclr {

// base_lr of each rate that is tried: `rates` from min to max in equal ratios.
// InvalidArgument where min is above max.
absl::StatusOr<std::vector<double>> LinearRates(const LinearSpec& spec);

// The share of the peak learning rate in an epoch, from 0: MoCo v3 decays it
// epoch by epoch.
double LinearDecay(int64_t epoch, int64_t epochs);

struct LinearRate {
  double base_lr = 0;
  double held_out_top1 = 0;  // percent; of classifiers that did not see them
  double top1 = 0;           // percent of the test images, trained on all
  double top5 = 0;
  bool diverged = false;  // weights that are no numbers; accuracies are 0
};

struct LinearResult {
  std::vector<LinearRate> rates;
  size_t chosen = 0;  // among rates
  int64_t train_images = 0;
  int64_t held_out_images = 0;  // of those; 0: chosen by the test images
  int64_t test_images = 0;
  int64_t batch = 0;
};

// Training features of one step: [B, E], [B], and [B] places in the source.
using NextFeatures = std::function<absl::StatusOr<LabelledFeatures>(
    int64_t epoch, int64_t step)>;

// A step was made; not OK ends the fit with this status.
using LinearStep =
    std::function<absl::Status(int64_t epoch, int64_t step, int64_t steps)>;

struct LinearData {
  const LabelledFeatures& train;  // evaluation views of all training images
  const LabelledFeatures& test;
  int64_t classes;
  int64_t places;  // size of the training source
};

// Trains on cached features: batches of the order that (seed, epoch) gives, the
// last of an epoch the smaller one. Two heads for each rate, one on all images
// and, where a share is held out, one without it. Ties of the choice go to the
// smaller rate. Fails where no rate is left that did not diverge.
absl::StatusOr<LinearResult> FitLinearProbe(const LinearData& data,
                                            const LinearSpec& spec,
                                            uint64_t seed,
                                            const LinearStep& after_step);

// The same on features that `next` makes anew, `steps` an epoch.
absl::StatusOr<LinearResult> FitLinearProbe(const LinearData& data,
                                            const LinearSpec& spec,
                                            uint64_t seed, int64_t batch,
                                            int64_t steps,
                                            const NextFeatures& next,
                                            const LinearStep& after_step);

}  // namespace snclr

#endif  // EVAL_LINEAR_PROBE_H_
