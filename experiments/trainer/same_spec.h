// SPDX-License-Identifier: MIT
#ifndef EXPERIMENTS_TRAINER_SAME_SPEC_H_
#define EXPERIMENTS_TRAINER_SAME_SPEC_H_

#include "absl/status/status.h"
#include "experiments/proto/experiment.pb.h"
#include "snclr/core/dist/process_group.h"

namespace snclr {

// Whether all ranks have the same resolved spec, neutral fields included: one
// that saves at other steps, or sums gradients in other buckets, would exchange
// something else than the others expect. What belongs to a machine may differ:
// where its images and weights lie (their contents are compared elsewhere), its
// threads, where it looks for rank 0. Every rank calls it; FailedPrecondition
// on all, with the fields and both values, where they differ; Unavailable where
// a peer is lost.
absl::Status CheckSameSpec(const ExperimentSpec& spec, ProcessGroup& group);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_SAME_SPEC_H_
