// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_LAUNCH_RUN_STATE_H_
#define EXPERIMENTS_LAUNCH_RUN_STATE_H_

#include <string>

#include "absl/time/time.h"
#include "experiments/proto/experiment.pb.h"

namespace snclr {

// Where a run of this resolved spec below `out` goes on: the path of the newest
// checkpoint of its newest run that is not finished. Empty where there is none,
// or it is not seen from this machine. Looks at names only: the run itself
// passes over a damaged one.
std::string NewestCheckpoint(const ExperimentSpec& spec,
                             const std::string& out);

// Whether a run of this spec below `out` was begun since then or, `finished`,
// has finished since then, no matter which process did it.
bool HasRunSince(const ExperimentSpec& spec, const std::string& out,
                 absl::Time since, bool finished);

}  // namespace snclr

#endif  // EXPERIMENTS_LAUNCH_RUN_STATE_H_
