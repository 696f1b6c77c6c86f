// SPDX-License-Identifier: MIT
// Signs that training goes wrong while its loss looks right.
//
//   Watch watch(spec.watch(), method->InitialLossBand(B, W), steps_per_epoch);
//   watch.Loss(step, loss);
//   for (const Finding& finding : watch.Take()) progress.Line(finding.text);
#ifndef EXPERIMENTS_TRAINER_WATCH_H_
#define EXPERIMENTS_TRAINER_WATCH_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "experiments/proto/experiment.pb.h"
#include "experiments/tracker/recorder.h"
#include "snclr/core/method.h"

namespace snclr {

// What was seen, with its likely cause, for a person; one line.
struct Finding {
  std::string name;  // "collapse", "loss_band": also the metric "watch_<name>"
  int64_t step = 0;
  std::string text;
};

// Told what a run measures; reports each kind of trouble once. Stops nothing.
// Steps count from 1.
class Watch {
 public:
  Watch(const WatchSpec& spec, const LossBand& band, int64_t steps_per_epoch);

  // "loss_band": one of the run's first three losses lies outside the band.
  void Loss(int64_t step, double loss);

  // "gradient_spike": the first layer's gradient norm is above gradient_spike
  // times its running mean, once that has twenty values behind it.
  void FirstLayerGradient(int64_t step, double norm);

  // Whether the embeddings of this step are to be looked at.
  bool LooksAt(int64_t step) const;

  // "collapse": embeddings that point one way (min_feature_std).
  // "low_rank": features in few directions (min_effective_rank).
  // Returns what it measured of features [B, E] and embeddings [B, D]:
  // feature_std, feature_rank, embedding_std, embedding_rank (spread.h). Throws
  // c10::Error; waits for the device.
  std::vector<MetricValue> Embeddings(int64_t step, const at::Tensor& features,
                                      const at::Tensor& embeddings);

  // What a method measures about its neighbours, by name:
  // "stale_neighbors": neighbor_age_steps exceeds an epoch.
  // "random_neighbors": neighbor_random_share exceeds a tenth after two epochs.
  void MethodMetric(int64_t step, const std::string& name, double value);

  // "knn_dip": top-1 (percent) fell by more than knn_dip_points below its best.
  void Knn(int64_t step, double top1);

  // What was found since the last call.
  std::vector<Finding> Take();

 private:
  void Report(const std::string& name, int64_t step, const std::string& text);

  const WatchSpec spec_;
  const LossBand band_;
  const int64_t steps_per_epoch_;
  std::set<std::string> reported_;
  std::vector<Finding> findings_;
  int64_t gradients_ = 0;
  double mean_gradient_ = 0;
  double best_top1_ = 0;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_WATCH_H_
