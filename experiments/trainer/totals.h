// SPDX-License-Identifier: MIT
// What a run can say only at its end.
#ifndef EXPERIMENTS_TRAINER_TOTALS_H_
#define EXPERIMENTS_TRAINER_TOTALS_H_

#include "absl/status/status.h"
#include "data/loading/loader.h"
#include "experiments/proto/experiment.pb.h"
#include "experiments/trainer/journal.h"
#include "experiments/trainer/learner.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// Records, at the last step done: training images that could not be read, JPEGs
// that nvJPEG refused (both of all ranks together), and the most memory that
// this process held. Counts of a resumed run are those since it was resumed.
// All ranks call it, together.
absl::Status TellTotals(const ExperimentSpec& spec, Learner& learner,
                        const Loader& loader, ProcessGroup& group,
                        Journal& journal);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_TOTALS_H_
