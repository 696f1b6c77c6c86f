// SPDX-License-Identifier: MIT
#include "snclr/core/optim/schedule.h"

#include <cmath>

namespace snclr {

double PeakLearningRate(const OptimizerSpec& spec, int64_t global_batch) {
  if (spec.lr_scaling() != LINEAR_PER_256) return spec.base_lr();
  return spec.base_lr() * static_cast<double>(global_batch) / 256;
}

double LearningRateAt(const ScheduleSpec& spec, double peak, double epoch) {
  const double warmup = spec.warmup_epochs();
  if (epoch < warmup) return peak * epoch / warmup;
  if (epoch >= spec.epochs()) return 0;
  return peak * 0.5 *
         (1 + std::cos(M_PI * (epoch - warmup) / (spec.epochs() - warmup)));
}

double MomentumAt(const MomentumSpec& spec, const ScheduleSpec& schedule,
                  double epoch) {
  if (spec.schedule() == CONSTANT) return spec.start();
  return 1 - 0.5 * (1 + std::cos(M_PI * epoch / schedule.epochs())) *
                 (1 - spec.start());
}

Schedule::Schedule(const OptimizerSpec& optimizer, const ScheduleSpec& schedule,
                   const MomentumSpec& momentum, int64_t global_batch,
                   int64_t steps_per_epoch)
    : schedule_(schedule),
      momentum_(momentum),
      peak_(PeakLearningRate(optimizer, global_batch)),
      steps_per_epoch_(steps_per_epoch) {}

double Schedule::Epoch(int64_t step) const {
  return static_cast<double>(step / steps_per_epoch_) +
         static_cast<double>(step % steps_per_epoch_) /
             static_cast<double>(steps_per_epoch_);
}

double Schedule::LearningRate(int64_t step) const {
  return LearningRateAt(schedule_, peak_, Epoch(step));
}

double Schedule::Momentum(int64_t step) const {
  return MomentumAt(momentum_, schedule_, Epoch(step));
}

int64_t Schedule::total_steps() const {
  return schedule_.epochs() * steps_per_epoch_;
}

}  // namespace snclr
