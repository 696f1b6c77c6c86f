// SPDX-License-Identifier: MIT
// How fast a run goes and how long it will take.
#ifndef EXPERIMENTS_TRAINER_PACE_H_
#define EXPERIMENTS_TRAINER_PACE_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace snclr {

class Pace {
 public:
  // A step took this long, waiting for its batch included.
  void Step(absl::Duration duration) {
    total_ += duration;
    ++steps_;
    // The last fifty or so decide: a machine may become busy, or free again.
    mean_ += (duration - mean_) / std::min<int64_t>(steps_, 50);
  }

  // An evaluation took this long.
  void Evaluation(absl::Duration duration) { evaluation_ = duration; }

  double StepsPerSecond() const {
    return mean_ > absl::ZeroDuration() ? 1 / absl::ToDoubleSeconds(mean_) : 0;
  }

  // Over the whole run, evaluations and checkpoints left out.
  double MeanStepsPerSecond() const {
    return steps_ == 0
               ? 0
               : static_cast<double>(steps_) / absl::ToDoubleSeconds(total_);
  }

  absl::Duration Left(int64_t steps, int64_t evaluations) const {
    return mean_ * steps + evaluation_ * evaluations;
  }

 private:
  int64_t steps_ = 0;
  absl::Duration total_;
  absl::Duration mean_;
  absl::Duration evaluation_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_PACE_H_
