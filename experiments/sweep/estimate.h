// SPDX-License-Identifier: MIT
// How long a trial will take, from runs that the tracker has.
#ifndef EXPERIMENTS_SWEEP_ESTIMATE_H_
#define EXPERIMENTS_SWEEP_ESTIMATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/sweep/trials.h"
#include "experiments/tracker/tracker.h"

namespace snclr {

// Steps of an epoch of each trial. Opens the training images; each data set
// once. As OpenSource, or InvalidArgument where a batch is larger than its data
// set.
absl::StatusOr<std::vector<int64_t>> StepsPerEpoch(
    const std::vector<Trial>& trials);

struct Speed {
  absl::Duration per_step;  // evaluations and start-up included
  std::string source;       // "3 runs of this sweep"
};

// The speed of a trial on this host: the mean over runs with the same encoder,
// batch, image size and precision; those of the trial's own name where there
// are any, else of all. Nothing where there is none. A run's wall-clock time
// counts where it was done in one go, else its images_per_second.
class Estimator {
 public:
  Estimator() = default;  // knows no run

  // `host` is this machine's name, as runs record it.
  static absl::StatusOr<Estimator> Create(const Tracker& tracker,
                                          const std::string& host);
  std::optional<Speed> SpeedOf(const Trial& trial) const;

 private:
  struct Sample {
    std::string run;
    std::string name;
    std::map<std::string, std::string> parameters;
    absl::Duration per_step;
  };
  std::vector<Sample> samples_;
};

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_ESTIMATE_H_
