// SPDX-License-Identifier: MIT
// Stops a run whose loss is no longer a number, and says why it probably is
// not.
#ifndef EXPERIMENTS_TRAINER_LOSS_GUARD_H_
#define EXPERIMENTS_TRAINER_LOSS_GUARD_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/method.h"

namespace snclr {

struct LossReading {
  int64_t step = 0;  // steps done with this one
  double loss = 0;
  double gradient_norm = 0;  // of the same step, before clipping
  double learning_rate = 0;
};

class LossGuard {
 public:
  // `spec` is resolved; the band says how large a loss of this method begins.
  LossGuard(const ExperimentSpec& spec, const LossBand& band);

  // Call for every step, in order. Internal where the loss is nan or infinite,
  // or a thousand times the band's upper end, or where the gradient is no
  // number: the step, the last good loss and the likely cause. With FP16 a
  // gradient that overflows only has its step skipped, unless that goes on.
  absl::Status Check(const LossReading& reading);

 private:
  std::string LikelyCause(const LossReading& reading) const;

  const Precision precision_;
  int64_t skipped_in_a_row_ = 0;
  const double highest_;
  LossReading last_good_;
  int64_t readings_ = 0;
  double mean_gradient_norm_ = 0;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_LOSS_GUARD_H_
