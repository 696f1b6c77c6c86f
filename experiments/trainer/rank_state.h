// SPDX-License-Identifier: MIT
// What each rank has for itself (Method::RankState), in the one checkpoint of a
// run: rank 0's tensors under their own names, as a process alone has them,
// rank r's as "bank.rows@r".
//
// A run may go on with another number of ranks: rank r takes what rank r mod W
// left, W being how many there were. With fewer ranks the others' is dropped;
// with more, some begin with equal banks, which differ as soon as their keys
// do.
#ifndef EXPERIMENTS_TRAINER_RANK_STATE_H_
#define EXPERIMENTS_TRAINER_RANK_STATE_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/trainer/checkpoint.h"
#include "snclr/core/dist/process_group.h"
#include "snclr/core/nn/named_tensor.h"

namespace snclr {

// Tensors of one rank by name, without "@r".
using RankTensors = std::map<std::string, at::Tensor>;

// Brings the tensors of ranks 1 to W-1 into rank 0's checkpoint; one rank's at
// a time travels, to all. Every rank calls it with the same names and shapes.
absl::Status GatherRankState(const NamedTensors& own, ProcessGroup& group,
                             Checkpoint* checkpoint);

// Takes them out again: element r - 1 is rank r's. DataLoss where one is
// missing.
absl::Status TakeRankState(Checkpoint* checkpoint,
                           std::vector<RankTensors>* others);

// FailedPrecondition where a saved tensor has no place among `own`, or another
// shape or dtype.
absl::Status CheckRankState(const std::vector<RankTensors>& others,
                            const NamedTensors& own);

// Gives each rank its part, by the rule above. Rank 0 has restored its own
// already and holds `others`; the other ranks' argument is not looked at. Every
// rank calls it.
absl::Status ScatterRankState(const std::vector<RankTensors>& others,
                              const NamedTensors& own, ProcessGroup& group);

}  // namespace snclr

#endif  // EXPERIMENTS_TRAINER_RANK_STATE_H_
