// SPDX-License-Identifier: MIT
// What is to be done with each trial of a sweep, from what has become of it so
// far. Nothing but the tracker, the run folders and the attempts decides, so a
// sweep that is started again goes on as if it had never been gone.
#ifndef EXPERIMENTS_SWEEP_ASSESS_H_
#define EXPERIMENTS_SWEEP_ASSESS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/proto/sweep.pb.h"
#include "experiments/sweep/attempt_log.h"
#include "experiments/sweep/halving.h"
#include "experiments/sweep/history.h"
#include "experiments/sweep/trials.h"

namespace snclr {

enum class TrialPhase {
  kFinished,
  kStoppedEarly,  // by early stopping
  kGivenUp,       // failed too often
  kRunning,
  kDue,      // to be started
  kWaiting,  // at a rung, for the others
};

struct Assessment {
  TrialPhase phase = TrialPhase::kDue;
  int failures = 0;
  int64_t max_steps = 0;  // for the next start; 0: to the end
  std::string why;        // of kStoppedEarly and kGivenUp
};

// The step of each rung of each trial; empty without early stopping.
// InvalidArgument for a rung that is no step before the end of a trial.
absl::StatusOr<std::vector<std::vector<int64_t>>> RungSteps(
    const SweepSpec& sweep, const std::vector<Trial>& trials,
    const std::vector<int64_t>& steps_per_epoch);

// `rung_steps` as RungSteps returns it. `put_off`: trials (by
// hash) that this process is not to start again, and why.
absl::StatusOr<std::vector<Assessment>> Assess(
    const SweepSpec& sweep, const std::vector<Trial>& trials,
    const History& history, const AttemptLog& attempts,
    const std::vector<std::vector<int64_t>>& rung_steps,
    const std::map<std::string, std::string>& put_off);

}  // namespace snclr

#endif  // EXPERIMENTS_SWEEP_ASSESS_H_
