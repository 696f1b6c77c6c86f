// SPDX-License-Identifier: MIT
// How learning rate and momentum change over a run (MoCo v3, main_moco.py:
// adjust_learning_rate, adjust_moco_momentum). Epochs are fractional: step i of
// n in epoch e is at e + i/n.
#ifndef SNCLR_CORE_OPTIM_SCHEDULE_H_
#define SNCLR_CORE_OPTIM_SCHEDULE_H_

#include <cstdint>

#include "snclr/core/optim/optim.pb.h"

namespace snclr {

// The learning rate that warm-up ends at: base_lr, times global batch / 256
// where the spec scales.
double PeakLearningRate(const OptimizerSpec& spec, int64_t global_batch);

// peak * epoch / warmup before `warmup_epochs`, then
// peak * (1 + cos(pi (epoch - warmup) / (epochs - warmup))) / 2.
double LearningRateAt(const ScheduleSpec& spec, double peak, double epoch);

// 1 - (1 - start)(1 + cos(pi epoch / epochs)) / 2, or `start` where constant.
double MomentumAt(const MomentumSpec& spec, const ScheduleSpec& schedule,
                  double epoch);

// Both for whole steps of a run, counted from 0.
class Schedule {
 public:
  // Resolved specs; steps_per_epoch >= 1.
  Schedule(const OptimizerSpec& optimizer, const ScheduleSpec& schedule,
           const MomentumSpec& momentum, int64_t global_batch,
           int64_t steps_per_epoch);

  double Epoch(int64_t step) const;
  double LearningRate(int64_t step) const;
  double Momentum(int64_t step) const;
  int64_t total_steps() const;

 private:
  const ScheduleSpec schedule_;
  const MomentumSpec momentum_;
  const double peak_;
  const int64_t steps_per_epoch_;
};

}  // namespace snclr

#endif  // SNCLR_CORE_OPTIM_SCHEDULE_H_
